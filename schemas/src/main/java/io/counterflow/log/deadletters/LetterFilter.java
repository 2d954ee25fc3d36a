package io.counterflow.log.deadletters;

import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which dead letters.
 *
 * @param component exactly, e.g. {@code unit-tests@1}
 * @param topic that the original stands in, with its prefix
 * @param cause found anywhere in the letter's cause
 * @param since failed at this time or later
 * @param until failed before this time
 * @param redriven whether those that were sent round again are among them
 */
public record LetterFilter(
        Optional<String> component,
        Optional<String> topic,
        Optional<Pattern> cause,
        Optional<Instant> since,
        Optional<Instant> until,
        boolean redriven) {

    /** Those that were not sent round again. */
    public static LetterFilter waiting() {
        return new LetterFilter(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), false);
    }

    public LetterFilter ofComponent(String component) {
        return new LetterFilter(Optional.of(component), topic, cause, since, until, redriven);
    }

    public LetterFilter withCause(Pattern cause) {
        return new LetterFilter(component, topic, Optional.of(cause), since, until, redriven);
    }

    boolean accepts(Letter letter) {
        Instant failedAt = letter.content().getFailedAt();
        return component.map(c -> c.equals(letter.content().getComponent())).orElse(true)
                && topic.map(t -> t.equals(letter.content().getTopic())).orElse(true)
                && cause.map(c -> c.matcher(letter.content().getCause()).find()).orElse(true)
                && since.map(s -> !failedAt.isBefore(s)).orElse(true)
                && until.map(failedAt::isBefore).orElse(true)
                && (redriven || !letter.redriven());
    }
}
