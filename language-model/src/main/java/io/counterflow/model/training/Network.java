package io.counterflow.model.training;

import ai.djl.ndarray.NDManager;
import io.counterflow.model.decoder.RowLayout;
import io.counterflow.model.decoder.WeightList;
import java.util.List;

/**
 * A network as back-propagation sees it: values of a micro-batch's parts, and the way back from them to the weights.
 *
 * @param <P> a part of a micro-batch, which one worker computes
 */
public interface Network<P> {

    /** Owner of what lives as long as the network. */
    NDManager manager();

    /** The weights, those that are trained among them. */
    WeightList weights();

    /** How the values of a part belong to its sequences. */
    RowLayout layout(P part);

    /** Rate of the dropout in {@link #forward}, whose random numbers only one worker can draw in a fixed order. */
    double dropout();

    /** Called before several workers start, for what they will share. */
    void prepare(List<P> parts);

    /**
     * The forward pass of a part. Called by the worker's thread.
     *
     * @param weights this network's, or leaves that share their storage
     * @param seed of the dropout
     */
    Propagation forward(WeightList weights, P part, long seed);
}
