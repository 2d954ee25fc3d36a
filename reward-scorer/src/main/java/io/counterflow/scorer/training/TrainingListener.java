package io.counterflow.scorer.training;

/** Hears how a training goes, from its thread. */
public interface TrainingListener {

    /** The examples are tokens now. */
    default void encoded(int training, int heldOut, long tokensAnEpoch, int cut) {}

    /** An interrupted training goes on after an epoch. */
    default void resumed(int epoch) {}

    /**
     * A step was taken.
     *
     * @param step from 1, over all epochs
     * @param loss mean loss of its batch
     */
    default void step(long step, long steps, double loss, double learningRate) {}

    /** An epoch is over. */
    default void epoch(EpochSummary summary) {}
}
