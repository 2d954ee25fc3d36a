package io.counterflow.scorer.training;

/** Hears how a training goes, from its thread. */
public interface TrainingListener {

    /** The examples are tokens now. */
    default void encoded(int training, int heldOut, long tokensAnEpoch, int cut) {}

    /**
     * Some pairs say nothing about what is better, since both completions are the same to the model. Those to learn from are left out; those to judge by
     * stay, as ties. Called where there are any.
     *
     * @param training pairs to learn from whose completions are the same
     * @param trainingCut further ones of which only what was cut off differs
     * @param heldOut pairs to judge by, of either kind
     */
    default void equalPairs(int training, int trainingCut, int heldOut) {}

    /**
     * Some examples to learn from say again, or the contrary of, what another one says: all are learned from as they are. Called where there are any,
     * after those that say nothing were left out.
     *
     * @param contradicting examples whose inputs another one has with another label, or of which another one prefers the other completion
     * @param repeated examples that are the same to the model as an earlier one
     */
    default void disagreement(int contradicting, int repeated) {}

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
