package io.counterflow.trainer.objective;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * The limit of an objective's expected updates for a table of logits and pairs drawn from two fixed distributions:
 * plain gradient descent on the exact expectation over all pairs.
 */
final class ExpectedUpdates {

    private final double[] rewards;
    private final double[] reference;
    private final double[] first;
    private final double[] second;

    ExpectedUpdates(double[] rewards, double[] reference, double[] first, double[] second) {
        this.rewards = rewards;
        this.reference = reference;
        this.first = first;
        this.second = second;
    }

    /** How the rewards of a pair are seen: a weight and the two rewards. */
    interface Labelling {
        /** @return rows of {weight, reward of the first, reward of the second} */
        double[][] labels(double firstReward, double secondReward);
    }

    static Labelling rewardsThemselves() {
        return (r, s) -> new double[][] {{1, r, s}};
    }

    /** Preferences drawn from Bradley-Terry, the preferred completion having reward 1/4 and the other -1/4. */
    static Labelling bradleyTerry() {
        return (r, s) -> {
            double preferred = 1 / (1 + Math.exp(s - r));
            return new double[][] {{preferred, 0.25, -0.25}, {1 - preferred, -0.25, 0.25}};
        };
    }

    /** @param objective of the current policy, which a baseline may look at */
    double[] limit(Function<double[], Objective> objective, Labelling labelling, double rate) {
        double[] logits = new double[rewards.length];
        for (int y = 0; y < logits.length; y++) {
            logits[y] = Math.log(reference[y]);
        }
        double[] policy = softmax(logits);
        for (int step = 0; step < 200_000; step++) {
            double[] gradient = gradient(policy, objective.apply(policy), labelling);
            double largest = 0;
            for (int y = 0; y < logits.length; y++) {
                logits[y] -= rate * gradient[y];
                largest = Math.max(largest, Math.abs(gradient[y]));
            }
            policy = softmax(logits);
            if (largest < 1e-10) {
                return policy;
            }
        }
        throw new AssertionError("did not converge");
    }

    private double[] gradient(double[] policy, Objective objective, Labelling labelling) {
        double[] gradient = new double[policy.length];
        for (int y = 0; y < policy.length; y++) {
            for (int z = 0; z < policy.length; z++) {
                for (double[] label : labelling.labels(rewards[y], rewards[z])) {
                    double weight = first[y] * second[z] * label[0];
                    GroupLoss loss = objective.evaluate(List.of(
                            Samples.arm(label[1], Math.log(policy[y]), Math.log(reference[y])),
                            Samples.arm(label[2], Math.log(policy[z]), Math.log(reference[z]))));
                    add(gradient, policy, y, weight * loss.gradient()[0][0]);
                    add(gradient, policy, z, weight * loss.gradient()[1][0]);
                }
            }
        }
        return gradient;
    }

    /** d ln softmax(logits)[arm] / d logits, times a coefficient. */
    private static void add(double[] gradient, double[] policy, int arm, double coefficient) {
        for (int y = 0; y < policy.length; y++) {
            gradient[y] += coefficient * ((y == arm ? 1 : 0) - policy[y]);
        }
    }

    static double[] softmax(double[] logits) {
        double largest = Arrays.stream(logits).max().orElseThrow();
        double[] weights = Arrays.stream(logits).map(l -> Math.exp(l - largest)).toArray();
        double sum = Arrays.stream(weights).sum();
        return Arrays.stream(weights).map(w -> w / sum).toArray();
    }

    /** {@code softmax(ln pi_ref + R / beta)}. */
    double[] optimum(double beta) {
        double[] logits = new double[rewards.length];
        for (int y = 0; y < logits.length; y++) {
            logits[y] = Math.log(reference[y]) + rewards[y] / beta;
        }
        return softmax(logits);
    }
}
