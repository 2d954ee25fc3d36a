package io.counterflow.trainer.experiment;

/** A policy over a bandit's arms, as a function of parameters that an optimizer moves. Not thread-safe. */
interface PolicyParameters {

    /** The parameters themselves, which the caller may change in place. */
    double[] values();

    /** One logit an arm, at the current parameters. */
    double[] logits();

    /**
     * @param logitGradient d loss / d logit of each arm
     * @return d loss / d parameter at the current parameters, in the order of {@link #values()}
     */
    double[] backward(double[] logitGradient);
}
