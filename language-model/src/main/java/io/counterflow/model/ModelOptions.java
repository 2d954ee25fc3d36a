package io.counterflow.model;

import static java.util.Objects.requireNonNull;

import io.counterflow.model.decoder.Precision;

/**
 * How a model is held and computed. Made by {@link #inference()} or {@link #training()}, changed by the methods that begin with
 * "with".
 *
 * @param device {@code cpu}, {@code cuda}, {@code cuda:1} and so on, or {@code auto} for a GPU where libtorch finds one
 * @param precision of matrix products; weights stay float32
 * @param trainable whether {@link LanguageModel#optimizer} can be used
 */
public record ModelOptions(String device, Precision precision, boolean trainable) {
    public ModelOptions {
        requireNonNull(precision, "precision is null");
        if (!device.matches("cpu|auto|cuda(:\\d+)?")) {
            throw new IllegalArgumentException("device is '" + device + "'; it must be cpu, cuda, cuda:N or auto");
        }
    }

    /** Float32 on the CPU, for sampling and log-probabilities. */
    public static ModelOptions inference() {
        return new ModelOptions("cpu", Precision.FLOAT32, false);
    }

    /** Float32 on the CPU, every weight trainable. */
    public static ModelOptions training() {
        return new ModelOptions("cpu", Precision.FLOAT32, true);
    }

    public ModelOptions withDevice(String device) {
        return new ModelOptions(device, precision, trainable);
    }

    public ModelOptions withPrecision(Precision precision) {
        return new ModelOptions(device, precision, trainable);
    }
}
