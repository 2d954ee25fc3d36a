package io.counterflow.model.classifier;

import io.counterflow.model.LogitGradient;
import java.nio.file.Path;
import java.util.List;

/**
 * Trains a classifier: gradients of a loss of logits, accumulated over micro-batches, then one step of AdamW. One thread at a time. On
 * the CPU the same calls give the same bytes.
 */
public interface ClassifierOptimizer extends AutoCloseable {

    /**
     * Computes the logits of a micro-batch, asks for the gradient of the loss, and adds it, multiplied back through the network, to what
     * has been accumulated since the last step. An empty micro-batch adds nothing.
     *
     * @param inputs a micro-batch: all are held in memory at once, padded to the longest
     * @param gradient called once, with the logits of all inputs in their order
     * @throws IllegalArgumentException when an input does not fit the model, or the gradient has another shape than the logits or is not
     *     finite; nothing is accumulated then
     */
    void accumulate(List<ClassifierInput> inputs, LogitGradient gradient);

    /**
     * Clips the accumulated gradient, updates the weights and forgets the gradient. Where its norm is not finite, weights and state stay
     * as they were.
     *
     * @return norm of the gradient before clipping
     * @throws IllegalStateException when nothing was accumulated since the last step
     */
    double step(double learningRate);

    /** Steps taken, those before a restore included. */
    long steps();

    /** Writes the optimizer's state (not the weights) as safetensors. */
    void save(Path file);

    /** Takes over a state that {@link #save} wrote, bit for bit. */
    void restore(Path file);

    @Override
    void close();
}
