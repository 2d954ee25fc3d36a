package io.counterflow.trainer.checkpoint;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Objects;

/** How often a run is saved, and what is kept. Bound from the YAML key {@code trainer.checkpoint}. */
public record CheckpointConfig(
        @JsonPropertyDescription("Steps between checkpoints, each of which is published as a policy (default 10).")
        Integer every,

        @JsonPropertyDescription(
                "How many of the newest checkpoints are kept, and of the newest evaluated ones (default 3).")
        Integer keepLast,

        @JsonPropertyDescription(
                "Checkpoints of steps divisible by this are kept for ever (default: none but the last).")
        Integer keepEvery) {

    public CheckpointConfig {
        every = Objects.requireNonNullElse(every, 10);
        keepLast = Objects.requireNonNullElse(keepLast, 3);
        keepEvery = Objects.requireNonNullElse(keepEvery, 0);
        if (every < 1 || every > 1_000_000_000) {
            throw new IllegalArgumentException(
                    "checkpoint.every is " + every + ", must be at least 1 and at most 1000000000");
        }
        if (keepLast < 2 || keepLast > 1_000_000) {
            throw new IllegalArgumentException("checkpoint.keepLast is " + keepLast
                    + ", must be at least 2 and at most 1000000: the one before stands in for a damaged one");
        }
        if (keepEvery < 0 || keepEvery > 1_000_000_000) {
            throw new IllegalArgumentException(
                    "checkpoint.keepEvery is " + keepEvery + ", must be 0 or more and at most 1000000000");
        }
    }

    /** Every key by its default. */
    public static CheckpointConfig defaults() {
        return new CheckpointConfig(null, null, null);
    }
}
