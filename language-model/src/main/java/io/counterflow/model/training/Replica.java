package io.counterflow.model.training;

import ai.djl.ndarray.NDArray;
import java.util.List;

/**
 * A network with storage of its own, on another device, that computes a part of every micro-batch. Its weights are written over after
 * every step.
 *
 * @param trained its weights that take gradients, in the order of the original's
 * @param <P> see {@link Network}
 */
public record Replica<P>(Network<P> network, List<NDArray> trained) {
    public Replica {
        trained = List.copyOf(trained);
    }
}
