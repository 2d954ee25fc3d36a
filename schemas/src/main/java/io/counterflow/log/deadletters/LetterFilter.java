package io.counterflow.log.deadletters;

import io.counterflow.schemas.DeadLetter;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Which dead letters.
 *
 * @param component who could not process them, e.g. {@code unit-tests@1}, or {@code unit-tests} in any version
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

    /** The same, of one component only. */
    public LetterFilter ofComponent(String component) {
        return new LetterFilter(Optional.of(component), topic, cause, since, until, redriven);
    }

    /** The same, with one cause only. */
    public LetterFilter withCause(Pattern cause) {
        return new LetterFilter(component, topic, Optional.of(cause), since, until, redriven);
    }

    /** The same, whether they were sent round again or not. */
    public LetterFilter withRedriven() {
        return new LetterFilter(component, topic, cause, since, until, true);
    }

    boolean accepts(Letter letter) {
        return accepts(letter.content()) && (redriven || !letter.redriven());
    }

    boolean accepts(DeadLetter content) {
        Instant failedAt = content.getFailedAt();
        return component
                        .map(c -> c.equals(content.getComponent())
                                || content.getComponent().startsWith(c + "@"))
                        .orElse(true)
                && topic.map(t -> t.equals(content.getTopic())).orElse(true)
                && cause.map(c -> c.matcher(content.getCause()).find()).orElse(true)
                && since.map(s -> !failedAt.isBefore(s)).orElse(true)
                && until.map(failedAt::isBefore).orElse(true);
    }
}
