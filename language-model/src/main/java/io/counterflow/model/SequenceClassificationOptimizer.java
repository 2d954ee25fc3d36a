package io.counterflow.model;

import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.TokenBatch;
import io.counterflow.model.training.DecoderNetwork;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.model.training.Readout;
import io.counterflow.model.training.Training;
import java.nio.file.Path;
import java.util.List;

/** Trains a decoder with a classification head: gradients of a loss of logits, accumulated over micro-batches, then steps of AdamW. */
public final class SequenceClassificationOptimizer implements AutoCloseable {
    private final HeldCheckpoint held;
    private final Decoder decoder;
    private final Training<TokenBatch> training;

    SequenceClassificationOptimizer(HeldCheckpoint held, OptimizerConfig config) {
        this.held = held;
        decoder = held.decoder();
        ModelOptions options = held.options();
        training = new Training<>(
                new DecoderNetwork(decoder, Readout.LAST_LOGITS, options.gradientCheckpointing()),
                held.trained(),
                decoder.parameters(),
                options.workers(),
                config);
    }

    /**
     * Computes a micro-batch, asks for the gradient of the loss, and adds it, multiplied back through the network, to what has been
     * accumulated since the last step.
     *
     * @throws IllegalArgumentException when a sequence does not fit the model, or the gradient has another shape than the logits or is
     *     not finite; nothing is accumulated then
     * @throws NonFiniteLogitsException before the first step, when the weights as they were loaded give logits that are no numbers
     */
    public void accumulate(List<int[]> sequences, LogitGradient gradient) {
        if (sequences.isEmpty()) {
            return;
        }
        List<TokenBatch> parts = Training.divide(sequences, training.workers(), s -> s.length).stream()
                .map(part -> TokenBatch.lastOf(part, decoder.config()))
                .toList();
        training.accumulate(parts, training.seedOfStep(), logits -> {
            if (steps() == 0 && !logits.stream().allMatch(LanguageModel::finite)) {
                throw held.nonFiniteLogits();
            }
            return gradient.slopes(logits);
        });
    }

    /** As {@link PolicyOptimizer#step}. */
    public double step(double learningRate) {
        return training.step(learningRate);
    }

    /** Steps taken, those before a restore included. */
    public long steps() {
        return training.steps();
    }

    /** Writes the optimizer's state (not the weights) as safetensors. */
    public void save(Path file) {
        training.save(file);
    }

    /** Takes over a state that {@link #save} wrote, bit for bit. */
    public void restore(Path file) {
        training.restore(file);
    }

    @Override
    public void close() {
        training.close();
    }
}
