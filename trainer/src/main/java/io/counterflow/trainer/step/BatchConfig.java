package io.counterflow.trainer.step;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Objects;

/** How much goes into one step. Bound from the YAML key {@code trainer.batch}. */
public record BatchConfig(
        @JsonPropertyDescription("Groups in a step (default 64).")
        Integer groups,

        @JsonPropertyDescription("Completions that go through the model at a time (default 64); whole groups, so that a"
                + " larger group goes alone. Fewer need less memory; the result depends on it in its last bits.")
        Integer microBatch) {

    public BatchConfig {
        groups = Objects.requireNonNullElse(groups, 64);
        microBatch = Objects.requireNonNullElse(microBatch, 64);
        if (groups < 1 || groups > 1_000_000) {
            throw new IllegalArgumentException(
                    "batch.groups is " + groups + ", must be at least 1 and at most 1000000");
        }
        if (microBatch < 1 || microBatch > 1_000_000) {
            throw new IllegalArgumentException(
                    "batch.microBatch is " + microBatch + ", must be at least 1 and at most 1000000");
        }
    }

    /** Every key by its default. */
    public static BatchConfig defaults() {
        return new BatchConfig(null, null);
    }

    /** So many groups in a step, everything else by default. */
    public static BatchConfig of(int groups) {
        return new BatchConfig(groups, null);
    }
}
