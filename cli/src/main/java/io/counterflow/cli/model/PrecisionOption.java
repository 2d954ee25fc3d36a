package io.counterflow.cli.model;

import io.counterflow.model.decoder.Precision;
import picocli.CommandLine.Option;

/** In what a command that trains multiplies matrices. */
public final class PrecisionOption {

    @Option(
            names = "--precision",
            paramLabel = "FORMAT",
            defaultValue = "float32",
            description = "float32 or bfloat16, of matrix products; weights stay float32 (default: ${DEFAULT-VALUE}).")
    private Precision precision;

    /** As it was given. */
    public Precision value() {
        return precision;
    }
}
