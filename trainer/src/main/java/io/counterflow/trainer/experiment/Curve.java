package io.counterflow.trainer.experiment;

import java.util.Objects;

/**
 * One training run on the bandit.
 *
 * @param seed of data, preferences, order and initialisation; algorithms share them for a seed
 * @param regret by epoch, before the first one to after the last one
 * @param policy probability of each arm after the last epoch
 */
public record Curve(Algorithm algorithm, long seed, double[] regret, double[] policy) {

    public Curve {
        Objects.requireNonNull(algorithm, "algorithm");
        if (regret.length == 0) {
            throw new IllegalArgumentException("a curve without a point");
        }
    }

    /** Regret after the last epoch. */
    public double finalRegret() {
        return regret[regret.length - 1];
    }
}
