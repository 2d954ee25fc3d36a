package io.counterflow.cli.model;

import io.counterflow.model.ComputeConfig;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** On what a command trains a language model, and how: what {@code compute} says in the configuration of a service. */
public final class ComputeOptions {

    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "cpu",
            description =
                    "cpu, cuda, cuda:N or auto; several, divided by commas, share training (default: ${DEFAULT-VALUE}).")
    private String device;

    @Mixin
    private PrecisionOption precision;

    @Option(
            names = "--workers",
            paramLabel = "N",
            defaultValue = "1",
            description = "Threads that share a micro-batch; the bytes depend on it (default: ${DEFAULT-VALUE}).")
    private int workers;

    @Option(
            names = "--gradient-checkpointing",
            description = "Compute activations twice instead of keeping them: slower, and long lines fit.")
    private boolean gradientCheckpointing;

    /**
     * The settings.
     *
     * @throws IllegalArgumentException when they do not fit together; the message names the one
     */
    public ComputeConfig config() {
        return new ComputeConfig(device, precision.value(), workers, gradientCheckpointing);
    }
}
