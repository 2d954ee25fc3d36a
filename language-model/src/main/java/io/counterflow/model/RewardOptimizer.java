package io.counterflow.model;

import ai.djl.ndarray.NDArray;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.TokenBatch;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.model.training.Readout;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Trains a reward model: gradients of a loss of scores, accumulated over micro-batches, then one step of AdamW. */
public final class RewardOptimizer implements AutoCloseable {
    private final Training training;

    RewardOptimizer(Decoder decoder, Map<String, NDArray> trained, ModelOptions options, OptimizerConfig config) {
        training = new Training(decoder, trained, options, config, Readout.SCORES);
    }

    /**
     * Scores a micro-batch, asks for the gradient of the loss, and adds it, multiplied back through the network, to what has been
     * accumulated since the last step.
     *
     * @throws IllegalArgumentException when a sequence does not fit the model, or the gradient has another length than the scores or is
     *     not finite; nothing is accumulated then
     */
    public void accumulate(List<int[]> sequences, ScoreGradient gradient) {
        if (sequences.isEmpty()) {
            return;
        }
        List<TokenBatch> parts = Training.divide(sequences, training.workers(), s -> s.length).stream()
                .map(part -> TokenBatch.lastOf(part, training.config()))
                .toList();
        training.accumulate(parts, rows -> {
            float[] scores = new float[rows.size()];
            for (int i = 0; i < scores.length; i++) {
                scores[i] = rows.get(i)[0];
            }
            float[] slopes = gradient.upstream(scores);
            if (slopes.length != scores.length) {
                throw new IllegalArgumentException(
                        "The gradient has " + slopes.length + " values for " + scores.length + " scores");
            }
            return IntStream.range(0, slopes.length)
                    .mapToObj(i -> new float[] {slopes[i]})
                    .toList();
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
