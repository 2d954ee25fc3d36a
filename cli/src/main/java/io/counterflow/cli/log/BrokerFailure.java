package io.counterflow.cli.log;

import io.counterflow.broker.EmbeddedKafkaException;
import java.util.Optional;

/** Finds the end of the broker in this process behind what came of it. */
public final class BrokerFailure {

    private BrokerFailure() {}

    /** Why the broker in this process gave up, where that is behind a failure or an interruption. */
    public static Optional<EmbeddedKafkaException> behind(Throwable thrown) {
        for (Throwable at = thrown; at != null; at = at.getCause()) {
            if (at instanceof EmbeddedKafkaException gone) {
                return Optional.of(gone);
            }
            for (Throwable beside : at.getSuppressed()) {
                if (beside instanceof EmbeddedKafkaException gone) {
                    return Optional.of(gone);
                }
            }
        }
        return Optional.empty();
    }

    /** Throws it, where it is. */
    public static void rethrow(Throwable thrown) {
        behind(thrown).ifPresent(gone -> {
            throw gone;
        });
    }
}
