package io.counterflow.scorer.training;

/** A loss of one example's logits. Implementations are immutable. */
public sealed interface ScorerLoss permits BradleyTerry, CrossEntropy {

    /**
     * The loss in nats.
     *
     * @param logits [inputs of the example][labels]
     * @param target the example's class, where it has one
     */
    double value(float[][] logits, int target);

    /** d loss / d logits, of the logits' shape. */
    float[][] gradient(float[][] logits, int target);
}
