package io.counterflow.cli.log;

import io.counterflow.cli.config.OptionSetting;
import io.counterflow.log.LogConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** The options by which a command finds the log: a cluster, or the data directory of the embedded broker. */
public final class LogOptions {

    @Option(
            names = "--data",
            paramLabel = "DIR",
            defaultValue = RunFolders.DEFAULT,
            description = "Data directory: the embedded broker's and the runs' (default: ${DEFAULT-VALUE}).")
    private Path data;

    @Option(
            names = "--bootstrap-servers",
            paramLabel = "HOST:PORT,...",
            description = "Use this Kafka cluster instead of a broker in this process.")
    private String bootstrapServers;

    @Option(names = "--schema-registry", paramLabel = "URL", description = "The cluster's schema registry.")
    private String schemaRegistryUrl;

    @Option(
            names = "--kafka",
            paramLabel = "KEY=VALUE",
            description = "A Kafka client setting, e.g. security.protocol=SASL_SSL. May be repeated.")
    private Map<String, String> client = Map.of();

    @Option(names = "--topic-prefix", paramLabel = "PREFIX", description = "Put before the name of every topic.")
    private String topicPrefix;

    /** Where runs and the embedded broker keep their files. */
    public RunFolders folders() {
        return new RunFolders(data);
    }

    /** What the options say, nothing filled in. */
    public LogConfig config() {
        return new LogConfig(bootstrapServers, schemaRegistryUrl, topicPrefix, null, null, client);
    }

    /** What the options say, as settings of a run's configuration. */
    public List<OptionSetting> settings() {
        List<OptionSetting> settings = new ArrayList<>();
        if (bootstrapServers != null) {
            settings.add(OptionSetting.ofText("--bootstrap-servers", "log.bootstrapServers", bootstrapServers));
        }
        if (schemaRegistryUrl != null) {
            settings.add(OptionSetting.ofText("--schema-registry", "log.schemaRegistryUrl", schemaRegistryUrl));
        }
        if (topicPrefix != null) {
            settings.add(OptionSetting.ofText("--topic-prefix", "log.topicPrefix", topicPrefix));
        }
        if (!client.isEmpty()) {
            settings.add(new OptionSetting(
                    // The values may be secrets.
                    client.keySet().stream()
                            .sorted()
                            .map(key -> "--kafka " + key + "=...")
                            .collect(Collectors.joining(" ")),
                    "log.client={"
                            + client.entrySet().stream()
                                    .map(e -> OptionSetting.quoted(e.getKey()) + ": "
                                            + OptionSetting.quoted(e.getValue()))
                                    .collect(Collectors.joining(", "))
                            + "}"));
        }
        return settings;
    }

    /** Opens the log, beside a process that runs on the data directory if there is one. */
    public LogAccess open() {
        return LogAccess.openBeside(config(), folders());
    }
}
