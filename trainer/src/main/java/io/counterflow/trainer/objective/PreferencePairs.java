package io.counterflow.trainer.objective;

import java.util.List;

/**
 * Turns the rewards of a group into preferences, for objectives that know only which of two completions is better.
 *
 * <p>Of a group of k every pair with different rewards counts, the larger reward being preferred, and the loss is the
 * mean over those pairs. A group whose rewards are all equal says nothing: loss and gradient are 0.
 */
final class PreferencePairs {

    private PreferencePairs() {}

    /** A loss of the margin between preferred and dispreferred completion, and its derivative. */
    @FunctionalInterface
    interface Margin {
        /** @return loss and d loss / d margin */
        double[] loss(double margin);
    }

    /**
     * @param values what margins are differences of, for each completion
     * @param derivatives d value / d ln pi, for each completion
     */
    static GroupLoss mean(List<ScoredCompletion> group, double[] values, double[] derivatives, Margin link) {
        double loss = 0;
        int pairs = 0;
        double[] gradient = new double[values.length];
        for (int preferred = 0; preferred < values.length; preferred++) {
            for (int other = 0; other < values.length; other++) {
                if (group.get(preferred).reward() > group.get(other).reward()) {
                    double[] lossAndDerivative = link.loss(values[preferred] - values[other]);
                    loss += lossAndDerivative[0];
                    gradient[preferred] += lossAndDerivative[1] * derivatives[preferred];
                    gradient[other] -= lossAndDerivative[1] * derivatives[other];
                    pairs++;
                }
            }
        }
        if (pairs > 0) {
            loss /= pairs;
            for (int i = 0; i < gradient.length; i++) {
                gradient[i] /= pairs;
            }
        }
        return GroupLoss.ofSequences(loss, gradient, group);
    }
}
