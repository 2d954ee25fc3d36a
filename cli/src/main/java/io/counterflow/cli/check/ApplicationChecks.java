package io.counterflow.cli.check;

import io.counterflow.cli.run.RunConfig;
import io.counterflow.scorer.service.ScorerConfig;
import io.counterflow.scorer.streams.StreamsSettings;
import java.time.Duration;
import java.util.List;
import java.util.regex.Pattern;

/** Names and times that Kafka refuses when an application of Kafka Streams starts: they become names of topics and members of groups. */
final class ApplicationChecks {

    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]*");

    /** Kafka's limit of a topic's name. */
    private static final int LONGEST_TOPIC = 249;

    /** What is put behind an application's name to name the topic of a store. */
    private static final int STORE = "-repartition-of-a-store-changelog".length();

    /** What brokers allow unless told otherwise (group.min.session.timeout.ms, group.max.session.timeout.ms). */
    private static final Duration SHORTEST_SESSION = Duration.ofSeconds(6);

    private static final Duration LONGEST_SESSION = Duration.ofMinutes(30);

    private final RunConfig config;
    private final Found found;

    ApplicationChecks(RunConfig config, Found found) {
        this.config = config;
        this.found = found;
    }

    void check() {
        settings("scoring.streams", config.scoring().streams());
        settings("assembler.streams", config.assembler().streams());
        List<ScorerConfig> scorers = config.scoring().scorers();
        for (int i = 0; i < scorers.size(); i++) {
            String id = scorers.get(i).id().name() + scorers.get(i).id().version();
            length(
                    "scoring.scorers." + i,
                    "name and version",
                    "scorer-.v" + id,
                    config.scoring().streams());
        }
        length(
                "assembler.recipe.name",
                "the name",
                "assembler-" + config.assembler().recipe().name(),
                config.assembler().streams());
    }

    private void settings(String path, StreamsSettings streams) {
        name(path + ".applicationPrefix", streams.applicationPrefix());
        name(path + ".instance", streams.instance());
        Duration session = streams.sessionTimeout();
        boolean outside = session.compareTo(SHORTEST_SESSION) < 0 || session.compareTo(LONGEST_SESSION) > 0;
        if (outside && config.log().bootstrapServers() == null) {
            found.fault(
                    path + ".sessionTimeout", "is " + session.toMillis() + "ms, and the broker allows from 6s to 30m");
        } else if (outside) {
            found.unchecked("whether the cluster allows a " + path + ".sessionTimeout of " + session.toMillis()
                    + "ms; brokers do from 6s to 30m unless they are told otherwise");
        }
    }

    private void name(String path, String name) {
        if (!NAME.matcher(name).matches()) {
            found.fault(path, "is '" + name + "'; it may have letters, digits, dots, dashes and underscores");
        }
    }

    private void length(String path, String what, String component, StreamsSettings streams) {
        int most = LONGEST_TOPIC
                - STORE
                - streams.applicationPrefix().length()
                - config.log().topicPrefix().length();
        if (component.length() > most) {
            found.fault(
                    path,
                    what + " must be at least " + (component.length() - most)
                            + " characters shorter: names of topics are made of it, which have at most "
                            + LONGEST_TOPIC);
        }
    }
}
