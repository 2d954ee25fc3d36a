package io.counterflow.trainer.experiment;

import java.util.SplittableRandom;

/**
 * What the parameters of a bandit's policy are; the paper does not say. It decides how far 2,000 steps of Adam get,
 * since a step moves a parameter by no more than about the learning rate.
 */
public enum Parametrisation {
    /** A constant input, a hidden layer of 64 ReLU, and a head that starts at zero, so that the policy starts uniform. */
    MLP("an MLP of 64 ReLU on a constant input") {
        @Override
        PolicyParameters initialise(int arms, SplittableRandom random) {
            return new ConstantInputNetwork(HIDDEN, arms, random);
        }
    },
    /** One logit an arm, all 0 at the start. */
    TABLE("a table of logits") {
        @Override
        PolicyParameters initialise(int arms, SplittableRandom random) {
            return new LogitTable(arms);
        }
    };

    private static final int HIDDEN = 64;

    private final String description;

    Parametrisation(String description) {
        this.description = description;
    }

    /** In a few words, to stand in a sentence. */
    public String description() {
        return description;
    }

    abstract PolicyParameters initialise(int arms, SplittableRandom random);
}
