package io.counterflow.model.training;

/**
 * One way through a network and back. The forward pass happens when it is made; between it and {@link #backward} the caller decides the
 * gradient. One thread makes, uses and closes it.
 */
public interface Propagation extends AutoCloseable {

    /** What the loss sees, flat. */
    float[] values();

    /** Adds gradients to the weights, given d loss / d values. Once. */
    void backward(float[] upstream);

    @Override
    void close();
}
