package io.counterflow.trainer;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Objects;

/** When a run gives up. Bound from the YAML key {@code trainer.abort}. */
public record AbortConfig(
        @JsonPropertyDescription("The run stops when the estimated KL divergence to the reference (the metric"
                + " kl.reference) is above this, in nats a completion, for abort.patience steps in a row (default: no"
                + " limit).")
        Double maxKl,

        @JsonPropertyDescription("Steps in a row above abort.maxKl before the run stops (default 5).")
        Integer patience) {

    public AbortConfig {
        patience = Objects.requireNonNullElse(patience, 5);
        if (maxKl != null && !(maxKl > 0 && maxKl <= 1e6)) {
            throw new IllegalArgumentException("abort.maxKl is " + maxKl + ", must be positive and at most 1e6");
        }
        if (patience < 1 || patience > 1_000_000) {
            throw new IllegalArgumentException(
                    "abort.patience is " + patience + ", must be at least 1 and at most 1000000");
        }
    }

    /** Every key by its default. */
    public static AbortConfig defaults() {
        return new AbortConfig(null, null);
    }
}
