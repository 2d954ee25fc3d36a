package io.counterflow.cli.run;

import io.counterflow.cli.config.OptionSetting;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine.Option;

/** What a trainer learns from, on the command line; each option stands for a key under {@code trainer.source} and wins over it. */
public final class SourceOptions {

    @Option(
            names = "--run",
            paramLabel = "ID",
            description =
                    "Learn from the groups that this run sampled, offline unless --follow is given. May be repeated.")
    private List<String> runs = List.of();

    @Option(
            names = "--topic",
            paramLabel = "TOPIC",
            description =
                    "Topic of the groups, e.g. scored-groups.NAME of 'counterflow rescore' (default: scored-groups).")
    private String topic;

    @Option(
            names = "--offsets",
            paramLabel = "PARTITION:FROM-UNTIL",
            split = ",",
            description = "Only this part of the topic, e.g. 0:0-1500 (until excluded, or left out). May be repeated.")
    private List<String> offsets = List.of();

    @Option(
            names = "--from",
            paramLabel = "TIME",
            description = "Only groups that were closed at or after this time, e.g. 2026-11-21T08:00:00Z.")
    private String from;

    @Option(names = "--until", paramLabel = "TIME", description = "Only groups that were closed before this time.")
    private String until;

    @Option(
            names = "--follow",
            description = "The part of the log that the other options choose, in its order; then whatever arrives.")
    private boolean follow;

    @Option(names = "--epochs", paramLabel = "N", description = "Passes over the chosen part (offline).")
    private Integer epochs;

    @Option(
            names = "--max-staleness",
            paramLabel = "VERSIONS",
            description = "Set groups aside, counted, that were sampled more policy versions ago. Default: none.")
    private Integer maxStaleness;

    /** What the options say, as settings of a run's configuration. */
    public List<OptionSetting> settings() {
        List<OptionSetting> settings = new ArrayList<>();
        boolean past = !runs.isEmpty() || !offsets.isEmpty() || from != null || until != null || epochs != null;
        if (follow || past) {
            settings.add(new OptionSetting(
                    follow ? "--follow" : asked(), "trainer.source.mode=" + (follow ? "follow" : "offline")));
        }
        addList(settings, "--run", "runs", runs);
        addList(settings, "--offsets", "offsets", offsets);
        addText(settings, "--topic", "topic", topic);
        addText(settings, "--from", "from", from);
        addText(settings, "--until", "until", until);
        addNumber(settings, "--epochs", "epochs", epochs);
        addNumber(settings, "--max-staleness", "maxStaleness", maxStaleness);
        return settings;
    }

    /** The option that asks for the past. */
    private String asked() {
        if (!runs.isEmpty()) {
            return "--run " + runs.get(0);
        }
        if (!offsets.isEmpty()) {
            return "--offsets " + String.join(",", offsets);
        }
        return from != null ? "--from " + from : until != null ? "--until " + until : "--epochs " + epochs;
    }

    private static void addText(List<OptionSetting> settings, String option, String key, String value) {
        if (value != null) {
            settings.add(OptionSetting.ofText(option, "trainer.source." + key, value));
        }
    }

    private static void addNumber(List<OptionSetting> settings, String option, String key, Integer value) {
        if (value != null) {
            settings.add(OptionSetting.of(option, "trainer.source." + key, value));
        }
    }

    private static void addList(List<OptionSetting> settings, String option, String key, List<String> values) {
        if (!values.isEmpty()) {
            settings.add(new OptionSetting(
                    option + " " + String.join(",", values),
                    "trainer.source." + key + "="
                            + values.stream().map(OptionSetting::quoted).collect(Collectors.joining(", ", "[", "]"))));
        }
    }
}
