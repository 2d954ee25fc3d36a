package io.counterflow.cli.check;

import io.counterflow.cli.log.RunFolders;
import io.counterflow.cli.run.RunConfig;
import io.counterflow.log.LogConfig;
import io.counterflow.scorer.streams.StreamsSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.regex.Pattern;

/** Where the log is, where files are kept, and where this process listens. */
final class PlaceChecks {

    private static final Pattern SECURED = Pattern.compile("(security|sasl|ssl)\\.");

    private static final int LAST_PORT = 65_535;

    /** Views of the system, in which nobody may make a file. */
    private static final Set<String> SYSTEM = Set.of("proc", "sysfs", "cgroup", "cgroup2");

    private final Scope scope;
    private final RunConfig config;
    private final RunFolders folders;
    private final Found found;

    PlaceChecks(Scope scope, RunConfig config, RunFolders folders, Found found) {
        this.scope = scope;
        this.config = config;
        this.folders = folders;
        this.found = found;
    }

    void check() {
        log(config.log());
        if (config.log().bootstrapServers() == null) {
            writable("the data directory (--data)", "log", folders.data());
        }
        if (scope.trains() && config.trainer() != null) {
            writable("the folder", "trainer.directory", Path.of(config.trainer().directory()));
        }
        if (scope.scores()) {
            streams("scoring.streams", config.scoring().streams());
            streams("assembler.streams", config.assembler().streams());
            new ApplicationChecks(config, found).check();
        }
        metrics();
    }

    private void log(LogConfig log) {
        if (log.bootstrapServers() == null && log.schemaRegistryUrl() != null) {
            found.told(
                    "log.schemaRegistryUrl",
                    "log.schemaRegistryUrl is set but log.bootstrapServers is not; set both or neither");
        }
        if (log.bootstrapServers() != null && log.schemaRegistryUrl() == null) {
            found.told(
                    "log.bootstrapServers",
                    "log.bootstrapServers is set but log.schemaRegistryUrl is not; records name their schemas by the"
                            + " registry's ids, so give the registry of that cluster");
        }
        if (log.bootstrapServers() != null) {
            for (String broker : log.bootstrapServers().split(",")) {
                if (!broker.strip().matches(".+:[0-9]{1,5}")) {
                    found.fault("log.bootstrapServers", "'" + broker.strip() + "' is not of the form host:port");
                } else if (port(broker) > LAST_PORT) {
                    found.fault(
                            "log.bootstrapServers",
                            "'" + broker.strip() + "' has port " + port(broker) + "; ports end at " + LAST_PORT);
                }
            }
            found.unchecked("the cluster at " + log.bootstrapServers());
        }
        if (log.schemaRegistryUrl() != null) {
            found.fault("log.schemaRegistryUrl", () -> {
                URI url = URI.create(log.schemaRegistryUrl());
                if (url.getScheme() == null || !url.getScheme().matches("https?")) {
                    throw new IllegalArgumentException(
                            "'" + log.schemaRegistryUrl() + "' must begin with http:// or https://");
                }
                if (url.getPort() > LAST_PORT) {
                    throw new IllegalArgumentException("'" + log.schemaRegistryUrl() + "' has port " + url.getPort()
                            + "; ports end at " + LAST_PORT);
                }
            });
        }
        new KafkaSettings(found).clients("log.client", log.client());
        if (log.bootstrapServers() == null) {
            brokerHere(log);
        }
    }

    /** One broker, which takes whoever comes. */
    private void brokerHere(LogConfig log) {
        if (log.replicationFactor() != null && log.replicationFactor() > 1) {
            withoutCluster(
                    "log.replicationFactor",
                    "is " + log.replicationFactor() + ", and without log.bootstrapServers there is one broker");
        }
        log.client().keySet().stream()
                .filter(key -> SECURED.matcher(key).lookingAt())
                .filter(key -> !key.equals("security.protocol")
                        || !log.client().get(key).equalsIgnoreCase("PLAINTEXT"))
                .sorted()
                .findFirst()
                .ifPresent(key -> withoutCluster(
                        "log.client",
                        "has " + key + ", and without log.bootstrapServers there is a broker in this process, which"
                                + " speaks without encryption and passwords"));
    }

    /** The cluster may be named on the command line of those that the file is for. */
    private void withoutCluster(String path, String message) {
        if (scope == Scope.FILE) {
            found.remark("without --bootstrap-servers it would be refused: " + path + " " + message);
        } else {
            found.fault(path, message);
        }
    }

    private void streams(String path, StreamsSettings streams) {
        new KafkaSettings(found).streams(path + ".properties", streams.properties());
        if (!streams.stateFolder().equals(StreamsSettings.defaults().stateFolder())) {
            writable("the state folder", path + ".stateFolder", streams.stateFolder());
        }
    }

    private static int port(String broker) {
        return Integer.parseInt(broker.strip().substring(broker.strip().lastIndexOf(':') + 1));
    }

    private void writable(String what, String path, Path folder) {
        Path at = folder.toAbsolutePath().normalize();
        if (Files.exists(at) && !Files.isDirectory(at)) {
            found.fault(path, what + " " + at + " is a file");
            return;
        }
        while (at != null && !Files.exists(at)) {
            at = at.getParent();
        }
        if (at != null && !Files.isDirectory(at)) {
            found.fault(path, what + " " + folder + " cannot be made: " + at + " is a file");
        } else if (at != null && !Files.isWritable(at)) {
            found.fault(path, what + " " + folder + " cannot be written: there is no permission for " + at);
        } else if (at != null && !holdsFiles(at)) {
            found.fault(path, what + " " + folder + " cannot be made: " + at + " holds no files of users");
        }
    }

    private static boolean holdsFiles(Path folder) {
        try {
            return !SYSTEM.contains(Files.getFileStore(folder).type());
        } catch (IOException e) {
            return true; // whoever writes there says what is wrong
        }
    }

    private void metrics() {
        Integer port = config.metrics().port();
        if (port == null) {
            return;
        }
        InetAddress host;
        try {
            host = InetAddress.getByName(config.metrics().host());
        } catch (UnknownHostException e) {
            found.fault("metrics.host", "there is no host " + config.metrics().host());
            return;
        }
        try {
            new ServerSocket(port, 1, host).close();
        } catch (IOException e) {
            String message = config.metrics().host() + ":" + port + " cannot be listened on: " + e.getMessage();
            if (scope == Scope.FILE) {
                found.remark("metrics.port: now, " + message);
            } else {
                found.fault("metrics.port", message);
            }
        }
    }
}
