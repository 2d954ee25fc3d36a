package io.counterflow.model;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.model.decoder.Precision;
import java.util.Objects;

/** On what a service computes its model, and how. Bound from YAML keys {@code compute}; nulls stand for the defaults. */
public record ComputeConfig(
        @JsonPropertyDescription(
                "cpu, cuda, cuda:N, or auto for a GPU where there is one (default cpu). Several, divided"
                        + " by commas, share training; sampling takes the first.")
        String device,

        @JsonPropertyDescription("Number format of matrix products: float32, or bfloat16 for processors and GPUs that"
                + " have instructions for it (default float32). Weights and optimizer state are float32.")
        Precision precision,

        @JsonPropertyDescription("Threads that share a batch (default 1, for machines that do other things too). The"
                + " result depends on it in its last bits.")
        Integer workers,

        @JsonPropertyDescription("Whether training computes activations twice instead of keeping them: slower, and long"
                + " sequences fit (default false).")
        Boolean gradientCheckpointing) {

    public ComputeConfig {
        device = Objects.requireNonNullElse(device, "cpu");
        precision = Objects.requireNonNullElse(precision, Precision.FLOAT32);
        workers = Objects.requireNonNullElse(workers, 1);
        gradientCheckpointing = Objects.requireNonNullElse(gradientCheckpointing, false);
        if (workers > 1024) {
            throw new IllegalArgumentException("compute.workers is " + workers + ", must be from 1 to 1024");
        }
        try {
            applyTo(ModelOptions.inference(), device, precision, workers, gradientCheckpointing);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("compute." + e.getMessage(), e);
        }
    }

    /** One thread on the CPU, in float32. */
    public static ComputeConfig defaults() {
        return new ComputeConfig(null, null, null, null);
    }

    /** The options with these settings. */
    public ModelOptions applyTo(ModelOptions options) {
        return applyTo(options, device, precision, workers, gradientCheckpointing);
    }

    private static ModelOptions applyTo(
            ModelOptions options, String device, Precision precision, int workers, boolean gradientCheckpointing) {
        return options.withDevice(device)
                .withPrecision(precision)
                .withWorkers(workers)
                .withGradientCheckpointing(gradientCheckpointing);
    }
}
