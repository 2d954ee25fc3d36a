package io.counterflow.producer;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.time.Duration;

/** When the producer waits for the trainer. Nulls stand for the defaults. */
public record BackPressureConfig(
        @JsonPropertyDescription("Sampling pauses while at least this many groups wait to be trained; 0 never pauses,"
                + " for sampling without a trainer. At least as many as the trainer takes a step. Default: 256.")
        Integer stopAbove,

        @JsonPropertyDescription(
                "A pause ends when no more than this many groups wait. Default: three quarters of" + " stopAbove.")
        Integer resumeBelow,

        @JsonPropertyDescription("When nothing was trained for this long in a pause, one more batch is sampled, and the"
                + " time doubles: groups whose scores failed would otherwise block for ever. Default: 1m.")
        Duration patience,

        @JsonPropertyDescription(
                "Sampling pauses, too, while its completions would be more than this many policy versions"
                        + " old when they are trained, unless the trainer lacks groups for its next step. Default: no limit;"
                        + " CoPG needs none.")
        Integer maxStaleness) {

    public BackPressureConfig {
        stopAbove = stopAbove == null ? 256 : stopAbove;
        resumeBelow = resumeBelow == null ? stopAbove * 3 / 4 : resumeBelow;
        patience = patience == null ? Duration.ofMinutes(1) : patience;
        if (stopAbove < 0 || stopAbove > 1_000_000_000) {
            throw new IllegalArgumentException(
                    "producer.backPressure.stopAbove is " + stopAbove + ", must be 0 or more and at most 1000000000");
        }
        if (resumeBelow < 0 || resumeBelow > 1_000_000_000 || stopAbove > 0 && resumeBelow >= stopAbove) {
            throw new IllegalArgumentException("producer.backPressure.resumeBelow is " + resumeBelow
                    + ", must be 0 or more and below stopAbove, which is " + stopAbove);
        }
        if (patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("producer.backPressure.patience is " + patience + ", must be positive");
        }
        if (maxStaleness != null && (maxStaleness < 0 || maxStaleness > 1_000_000_000 || stopAbove == 0)) {
            throw new IllegalArgumentException("producer.backPressure.maxStaleness is " + maxStaleness
                    + ", must be 0 or more and at most 1000000000, and needs a stopAbove, which is " + stopAbove);
        }
    }

    public static BackPressureConfig defaults() {
        return new BackPressureConfig(null, null, null, null);
    }

    /** For sampling without a trainer. */
    public static BackPressureConfig none() {
        return new BackPressureConfig(0, 0, null, null);
    }

    boolean pauses() {
        return stopAbove > 0;
    }
}
