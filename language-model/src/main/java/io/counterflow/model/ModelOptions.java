package io.counterflow.model;

import static java.util.Objects.requireNonNull;

import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.decoder.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How a model is held, computed and trained. Made by {@link #inference()} or {@link #training()}, changed by the methods that begin with
 * "with".
 *
 * @param device {@code cpu}, {@code cuda}, {@code cuda:1} and so on, or {@code auto} for a GPU where libtorch finds one; several of
 *     them, divided by commas, share the micro-batches of a language model's training, and the first does everything else
 * @param precision of matrix products; weights stay float32
 * @param trainable whether an optimizer can be made
 * @param adapter a LoRA adapter to put on the model; with one, it alone is trained
 * @param workers threads that share a micro-batch in training, and the sequences where samples or log-probabilities are wanted; the
 *     results depend on their number, by rounding alone
 * @param gradientCheckpointing whether training computes activations twice instead of keeping them: slower, and long sequences fit
 */
public record ModelOptions(
        String device,
        Precision precision,
        boolean trainable,
        Optional<Adapter> adapter,
        int workers,
        boolean gradientCheckpointing) {
    private static final String DEVICE = "(cpu|auto|cuda(:\\d+)?)";

    /** Where an adapter comes from. */
    public sealed interface Adapter {}

    /**
     * One that changes nothing yet. With it, the head of a classifier is trained too.
     *
     * @param seed of its factors A
     */
    public record NewAdapter(AdapterConfig config, long seed) implements Adapter {}

    /** One that was saved, by this program or by PEFT. */
    public record SavedAdapter(Path folder) implements Adapter {}

    public ModelOptions {
        requireNonNull(precision, "precision is null");
        requireNonNull(adapter, "adapter is null");
        if (!device.matches(DEVICE + "(," + DEVICE + ")*")) {
            throw new IllegalArgumentException("device is '" + device
                    + "'; it must be cpu, cuda, cuda:N or auto, or several of them divided by commas");
        }
        if (workers < 1) {
            throw new IllegalArgumentException("workers is " + workers + "; it must be at least 1");
        }
        if (workers > 1 && device.contains(",")) {
            throw new IllegalArgumentException("workers is " + workers + "; with several devices each has one");
        }
    }

    /** Float32 on the CPU, for sampling and log-probabilities. */
    public static ModelOptions inference() {
        return new ModelOptions("cpu", Precision.FLOAT32, false, Optional.empty(), 1, false);
    }

    /** Float32 on the CPU, every weight trainable, one worker. */
    public static ModelOptions training() {
        return new ModelOptions("cpu", Precision.FLOAT32, true, Optional.empty(), 1, false);
    }

    /** The names in {@code device}, at least one. */
    public List<String> devices() {
        return List.of(device.split(","));
    }

    public ModelOptions withDevice(String device) {
        return new ModelOptions(device, precision, trainable, adapter, workers, gradientCheckpointing);
    }

    public ModelOptions withPrecision(Precision precision) {
        return new ModelOptions(device, precision, trainable, adapter, workers, gradientCheckpointing);
    }

    public ModelOptions withAdapter(Adapter adapter) {
        return new ModelOptions(device, precision, trainable, Optional.of(adapter), workers, gradientCheckpointing);
    }

    public ModelOptions withWorkers(int workers) {
        return new ModelOptions(device, precision, trainable, adapter, workers, gradientCheckpointing);
    }

    public ModelOptions withGradientCheckpointing(boolean gradientCheckpointing) {
        return new ModelOptions(device, precision, trainable, adapter, workers, gradientCheckpointing);
    }
}
