package io.counterflow.cli.run;

import io.counterflow.cli.config.ConfigException;
import io.counterflow.cli.model.AvailableMemory;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.trainer.TrainerConfig;
import java.nio.file.Path;
import java.util.Locale;

/**
 * Says before anything is loaded that a model is too large for this machine. Counts what float32 weights need and cannot do without; activations,
 * scorers and the broker come on top, so a run that passes may still be too large.
 */
public final class MemoryCheck {

    private static final int FLOAT = Float.BYTES;
    /** Weights, gradient and AdamW's two moments. */
    private static final int TRAINED = 4 * FLOAT;

    private static final long BROKER_AND_JVM = 600L << 20;

    private final AvailableMemory memory;

    /** Of this machine, or of the container that this process is in. */
    public MemoryCheck() {
        this(new AvailableMemory());
    }

    MemoryCheck(AvailableMemory memory) {
        this.memory = memory;
    }

    /**
     * Checks a run.
     *
     * @param config names folders of models, all of them here
     * @throws ConfigException with what is needed, what there is and what would fit
     */
    void check(RunConfig config) {
        check(config.trainer(), config.producer() != null && config.producer().openAi() == null);
    }

    /**
     * Checks a trainer.
     *
     * @param samplesHere whether a producer of this process has a copy of the policy
     * @throws ConfigException with what is needed, what there is and what would fit
     */
    public void check(TrainerConfig trainer, boolean samplesHere) {
        ModelConfig model = modelIn(trainer.model());
        long parameters = model.parameters();
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
        memory.require("to train it", model, parameters, bytesEach, fixed, BROKER_AND_JVM, instead);
    }

    private static ModelConfig modelIn(String folder) {
        return ModelConfig.read(CheckpointParts.of(Path.of(folder)).base());
    }
}
