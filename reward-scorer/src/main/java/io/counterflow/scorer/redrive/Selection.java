package io.counterflow.scorer.redrive;

import static java.util.Objects.requireNonNullElse;

import io.counterflow.schemas.DeadLetter;
import java.time.Instant;

/**
 * Which dead letters are meant.
 *
 * @param component which component could not process them, e.g. {@code unit-tests@1}, or {@code unit-tests} in any version; null
 *     for all
 * @param cause what their cause contains, in any case; null for all
 * @param from failed then or later; null for no bound
 * @param until failed before; null for no bound
 */
public record Selection(String component, String cause, Instant from, Instant until) {

    /** Fills in bounds. */
    public Selection {
        from = requireNonNullElse(from, Instant.MIN);
        until = requireNonNullElse(until, Instant.MAX);
    }

    /** All of them. */
    public static Selection all() {
        return new Selection(null, null, null, null);
    }

    boolean matches(DeadLetter letter) {
        boolean byComponent = component == null
                || letter.getComponent().equals(component)
                || letter.getComponent().startsWith(component + "@");
        boolean byCause = cause == null
                || letter.getCause()
                        .toLowerCase(java.util.Locale.ROOT)
                        .contains(cause.toLowerCase(java.util.Locale.ROOT));
        return byComponent
                && byCause
                && !letter.getFailedAt().isBefore(from)
                && letter.getFailedAt().isBefore(until);
    }
}
