package io.counterflow.producer;

import java.time.Duration;
import java.time.Instant;

/**
 * Decides whether to sample on, from how many groups wait to be trained. Two thresholds, so that sampling goes in long
 * runs instead of stuttering around one. One thread.
 */
final class BackPressure {

    private final BackPressureConfig config;
    private Duration patience;
    private Instant quietSince;
    private boolean paused;

    BackPressure(BackPressureConfig config) {
        this.config = config;
        this.patience = config.patience();
    }

    /** Notes that the trainer came on. */
    void trained() {
        patience = config.patience();
        quietSince = null;
    }

    /**
     * Whether to sample another batch. Says yes once, too, when the trainer has been quiet for longer than the patience
     * in a pause: it may be waiting for groups whose scores failed.
     *
     * @param waiting groups that were sampled and not trained
     */
    boolean allows(long waiting, Instant now) {
        return allows(waiting, 0, now);
    }

    /** @param staleness that the next samples are expected to have, in policy versions */
    boolean allows(long waiting, long staleness, Instant now) {
        if (!config.pauses()) {
            return true;
        }
        paused = paused ? waiting > config.resumeBelow() : waiting >= config.stopAbove();
        boolean stale = config.maxStaleness() != null && staleness > config.maxStaleness();
        if (!paused && !stale) {
            quietSince = null;
            return true;
        }
        if (quietSince == null) {
            quietSince = now;
        }
        if (Duration.between(quietSince, now).compareTo(patience) >= 0) {
            patience = patience.multipliedBy(2);
            quietSince = now;
            return true;
        }
        return false;
    }
}
