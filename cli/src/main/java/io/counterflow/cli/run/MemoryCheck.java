package io.counterflow.cli.run;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.trainer.TrainerConfig;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.function.LongSupplier;

/**
 * Says before anything is loaded that a model is too large for this machine. Counts what float32 weights need and cannot do without; activations,
 * scorers and the broker come on top, so a run that passes may still be too large.
 */
public final class MemoryCheck {

    private static final int FLOAT = Float.BYTES;
    /** Weights, gradient and AdamW's two moments. */
    private static final int TRAINED = 4 * FLOAT;

    private static final long BROKER_AND_JVM = 600L << 20;

    private final LongSupplier available;

    /** Of this machine, or of the container that this process is in. */
    public MemoryCheck() {
        this(MemoryCheck::availableHere);
    }

    MemoryCheck(LongSupplier available) {
        this.available = Objects.requireNonNull(available, "available");
    }

    /**
     * Checks a run.
     *
     * @param config names folders of models, all of them here
     * @throws ConfigException with what is needed, what there is and what would fit
     */
    void check(RunConfig config) {
        TrainerConfig trainer = config.trainer();
        ModelConfig model = modelIn(trainer.model());
        long parameters = model.parameters();
        boolean samplesHere = config.producer() != null && config.producer().openAi() == null;
        int sampled = samplesHere ? FLOAT : 0;
        if (trainer.lora() != null) {
            // The base is its own reference.
            long reference = trainer.reference() == null
                    ? 0
                    : modelIn(trainer.reference()).parameters();
            long adapter = trainer.lora().parameters(model, Path.of(trainer.model()));
            check(parameters, FLOAT + sampled, FLOAT * reference + TRAINED * adapter, trainer.model(), "");
            return;
        }
        long reference = trainer.reference() == null
                ? parameters
                : modelIn(trainer.reference()).parameters();
        check(
                parameters,
                TRAINED + sampled,
                FLOAT * reference,
                trainer.model(),
                String.format(
                        Locale.ROOT,
                        "; a LoRA adapter of this one (trainer.lora) takes about %.1f GB",
                        (parameters * (FLOAT + sampled) + BROKER_AND_JVM) / 1e9));
    }

    /**
     * Checks the training of one model and nothing else.
     *
     * @param trainedShare parameters that are trained, as a share of all; 1 for all
     * @throws ConfigException with what is needed, what there is and what would fit
     */
    public void checkTraining(String model, long parameters, double trainedShare) {
        check(parameters, FLOAT + Math.round((TRAINED - FLOAT) * trainedShare), 0, model, "");
    }

    private void check(long parameters, long bytesEach, long fixed, String model, String instead) {
        long needed = parameters * bytesEach + fixed + BROKER_AND_JVM;
        long there = available.getAsLong();
        if (needed > there) {
            long fits = Math.max(0, there - BROKER_AND_JVM) / (bytesEach + (fixed > 0 ? FLOAT : 0));
            throw new ConfigException(String.format(
                    Locale.ROOT,
                    "%s has %.1f million parameters; to train it takes at least %.1f GB of memory, and %.1f GB are free here."
                            + " Models of up to about %.0f million parameters fit%s",
                    model,
                    parameters / 1e6,
                    needed / 1e9,
                    there / 1e9,
                    fits / 1e6,
                    instead));
        }
    }

    private static ModelConfig modelIn(String folder) {
        return ModelConfig.read(CheckpointParts.of(Path.of(folder)).base());
    }

    /** What Linux can give without swapping; elsewhere, and where a container has less, all that there is. */
    private static long availableHere() {
        long total = ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                ? os.getTotalMemorySize()
                : Long.MAX_VALUE;
        Path file = Path.of("/proc/meminfo");
        if (Files.isReadable(file)) {
            try {
                for (String line : Files.readAllLines(file)) {
                    if (line.startsWith("MemAvailable:")) {
                        return Math.min(total, Long.parseLong(line.replaceAll("\\D", "")) << 10);
                    }
                }
            } catch (IOException e) {
                return total;
            }
        }
        return total;
    }
}
