package io.counterflow.cli.deadletters;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.config.Durations;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.log.deadletters.LetterFilter;
import java.time.Instant;
import java.time.InstantSource;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import picocli.CommandLine.Option;

/** The options that select dead letters, the same for listing and for sending them round. */
final class LetterOptions {

    @Option(
            names = {"--scorer", "--component"},
            paramLabel = "NAME[@VERSION]",
            description = "Only what this scorer or other component could not process; without a version, any.")
    private String component;

    @Option(
            names = "--cause",
            paramLabel = "REGEX",
            description = "Only where the cause contains this, in any case, e.g. 'timed_out|no answer'.")
    private String cause;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description = "Only what failed then or later: 2026-11-21T08:00:00Z, or how long ago, e.g. 90m or 2d.")
    private String since;

    @Option(names = "--until", paramLabel = "TIME", description = "Only what failed before.")
    private String until;

    @Option(
            names = "--topic",
            paramLabel = "TOPIC",
            description = "Only records that stood in this topic, e.g. completions.")
    private String topic;

    /**
     * The filter that the options describe.
     *
     * @throws ConfigException for a pattern or a time that cannot be read
     */
    LetterFilter filter(Log log, InstantSource clock) {
        return new LetterFilter(
                Optional.ofNullable(component),
                Optional.ofNullable(topic).map(name -> withPrefix(log, name)),
                Optional.ofNullable(cause).map(LetterOptions::pattern),
                time("--since", since, clock),
                time("--until", until, clock),
                false);
    }

    private static String withPrefix(Log log, String name) {
        return Arrays.stream(Topic.values())
                .filter(t -> t.topicName().equals(name))
                .map(log::topicName)
                .findFirst()
                .orElse(name);
    }

    private static Pattern pattern(String text) {
        try {
            return Pattern.compile(text, Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CASE);
        } catch (PatternSyntaxException e) {
            throw new ConfigException("--cause '" + text + "' is not a regular expression: " + e.getDescription());
        }
    }

    private static Optional<Instant> time(String option, String text, InstantSource clock) {
        if (text == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(text.contains("T") && !text.startsWith("P") ? Instant.parse(text) : ago(text, clock));
        } catch (DateTimeParseException e) {
            throw new ConfigException(option + " '" + text
                    + "' is neither a time like 2026-11-21T08:00:00Z nor a duration like 90m or 2d");
        }
    }

    private static Instant ago(String text, InstantSource clock) {
        return clock.instant().minus(Durations.parse(text));
    }
}
