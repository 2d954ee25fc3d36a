package io.counterflow.scorer.training;

import com.fasterxml.jackson.annotation.JsonInclude;
import io.counterflow.model.LoraConfig;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.Precision;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How a scorer is trained. With AdamW (0.9, 0.999; decay 0.01), gradients clipped to length 1, the learning rate rising over the warm-up and
 * then falling in a straight line to 0.
 *
 * @param epochs passes over the examples
 * @param batch examples a step
 * @param learningRate highest learning rate
 * @param warmUp share of all steps over which the rate rises
 * @param seed of the head and of the order of the examples
 * @param precision of matrix products
 * @param workers threads; their number changes the result, by rounding alone
 * @param device cpu, cuda, or auto
 * @param lora the adapter that is trained, with the head, in place of all weights; null for none
 */
public record TrainingSettings(
        int epochs,
        int batch,
        double learningRate,
        double warmUp,
        long seed,
        Precision precision,
        int workers,
        String device,
        @JsonInclude(JsonInclude.Include.NON_NULL) LoraConfig lora) {

    /** Checks the numbers. */
    public TrainingSettings {
        if (epochs < 1 || batch < 1 || workers < 1) {
            throw new IllegalArgumentException(
                    "epochs " + epochs + ", batch " + batch + " and workers " + workers + " must each be at least 1");
        }
        if (!(learningRate > 0) || !(learningRate < 1)) {
            throw new IllegalArgumentException("learning rate " + learningRate + " must be above 0 and below 1");
        }
        if (!(warmUp >= 0) || !(warmUp <= 1)) {
            throw new IllegalArgumentException("warm-up " + warmUp + " must be a share of all steps, from 0 to 1");
        }
    }

    /**
     * With which a training begins or goes on.
     *
     * @param base the checkpoint
     * @param adapter folder of the adapter to go on with
     * @throws TrainingFailedException when the checkpoint takes no adapter
     */
    ModelOptions options(Path base, Optional<Path> adapter) {
        ModelOptions options = ModelOptions.training()
                .withDevice(device)
                .withPrecision(precision)
                .withWorkers(workers);
        if (lora == null) {
            return options;
        }
        if (EncoderConfig.isIn(base)) {
            throw new TrainingFailedException(base
                    + " holds an encoder; an adapter goes on a decoder: name one with --base, or leave --lora out");
        }
        return options.withAdapter(adapter.<ModelOptions.Adapter>map(ModelOptions.SavedAdapter::new)
                .orElseGet(() -> new ModelOptions.NewAdapter(lora.adapter(ModelConfig.read(base), base), seed)));
    }
}
