package io.counterflow.trainer.experiment;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * A multi-armed bandit with a reference policy, and two policies that sample the two members of a pair independently.
 *
 * @param rewards R(y) of each arm
 * @param reference pi_ref(y)
 * @param first mu1, which samples y
 * @param second mu2, which samples y'
 * @param beta weight of the KL divergence to the reference, in units of the reward
 */
record Bandit(double[] rewards, double[] reference, double[] first, double[] second, double beta) {

    Bandit {
        Objects.requireNonNull(rewards, "rewards");
        checkDistribution("reference", reference, rewards.length);
        checkDistribution("first", first, rewards.length);
        checkDistribution("second", second, rewards.length);
        if (!(beta > 0)) {
            throw new IllegalArgumentException("beta is " + beta + "; it must be positive");
        }
    }

    /** The bandit of CoPG's section 5 (arXiv 2406.19185): three arms, sampled mostly by the worst of them. */
    static Bandit ofThePaper() {
        return new Bandit(
                new double[] {2.5, 2, 1},
                new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0},
                new double[] {0.1, 0.2, 0.7},
                new double[] {0.05, 0.05, 0.9},
                0.5);
    }

    int arms() {
        return rewards.length;
    }

    /** {@code E_pi[R]}. */
    double value(double[] policy) {
        double value = 0;
        for (int y = 0; y < rewards.length; y++) {
            value += policy[y] * rewards[y];
        }
        return value;
    }

    /** {@code J(pi*) - J(pi)} with {@code J(pi) = E_pi[R] - beta KL(pi || pi_ref)} (Eq. 25); not negative, though rounding would make it so. */
    double regret(double[] policy) {
        return Math.max(0, regularisedValue(optimum()) - regularisedValue(policy));
    }

    /** {@code pi*(y)}, proportional to {@code pi_ref(y) exp(R(y) / beta)}. */
    double[] optimum() {
        double[] logits = new double[rewards.length];
        for (int y = 0; y < logits.length; y++) {
            logits[y] = StrictMath.log(reference[y]) + rewards[y] / beta;
        }
        return Softmax.probabilities(logits);
    }

    /** Every pair that can be drawn. */
    List<Pair> kinds() {
        List<Pair> kinds = new ArrayList<>();
        for (int y = 0; y < rewards.length; y++) {
            for (int other = 0; other < rewards.length; other++) {
                kinds.add(new Pair(y, other, true));
                kinds.add(new Pair(y, other, false));
            }
        }
        return kinds;
    }

    /**
     * Pairs drawn once, as a log holds them; the preference is drawn from Bradley-Terry.
     *
     * @return indices into {@link #kinds()}
     */
    int[] draw(int pairs, SplittableRandom random) {
        int[] drawn = new int[pairs];
        for (int i = 0; i < pairs; i++) {
            int y = arm(first, random);
            int other = arm(second, random);
            double preferred = 1 / (1 + StrictMath.exp(rewards[other] - rewards[y]));
            drawn[i] = 2 * (y * rewards.length + other) + (random.nextDouble() < preferred ? 0 : 1);
        }
        return drawn;
    }

    /**
     * Two arms pulled independently.
     *
     * @param firstPreferred a sampled label, which only preference learning reads
     */
    record Pair(int first, int second, boolean firstPreferred) {}

    private double regularisedValue(double[] policy) {
        double divergence = 0;
        for (int y = 0; y < policy.length; y++) {
            divergence += policy[y] * StrictMath.log(policy[y] / reference[y]);
        }
        return value(policy) - beta * divergence;
    }

    private static int arm(double[] distribution, SplittableRandom random) {
        double remaining = random.nextDouble();
        for (int y = 0; y < distribution.length - 1; y++) {
            remaining -= distribution[y];
            if (remaining < 0) {
                return y;
            }
        }
        return distribution.length - 1;
    }

    private static void checkDistribution(String name, double[] distribution, int arms) {
        Objects.requireNonNull(distribution, name);
        double sum = 0;
        for (double probability : distribution) {
            if (!(probability > 0)) {
                throw new IllegalArgumentException(
                        name + " gives an arm probability " + probability + "; every arm needs a positive one");
            }
            sum += probability;
        }
        if (distribution.length != arms || Math.abs(sum - 1) > 1e-9) {
            throw new IllegalArgumentException(name + " has " + distribution.length + " probabilities that add up to "
                    + sum + "; it needs " + arms + " that add up to 1");
        }
    }
}
