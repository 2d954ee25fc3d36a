package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Set;

/**
 * CoPG on mean instead of summed log-ratios, {@code h_i / |y_i|}: makes the optimum indifferent to length. After
 * "Averaging log-likelihoods in direct alignment", arXiv 2406.19188.
 *
 * <pre>  a_i = R_i - beta h_i / |y_i|        L = k s^2 / (2 beta)
 *   dL/d ln pi(y_i) = -(a_i - mean_{j != i} a_j) / |y_i|</pre>
 *
 * A beta found for {@link Copg} has to be multiplied by about the mean length.
 *
 * @param beta weight of the mean log-ratio, in units of the reward; positive
 */
public record LengthNormalisedCopg(double beta) implements Objective {

    public LengthNormalisedCopg {
        Checks.positive("beta", beta);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        double[] regularised = group.stream()
                .mapToDouble(c -> c.reward() - beta * c.logRatio() / Checks.divisor(c))
                .toArray();
        LeaveOneOut contrast = LeaveOneOut.of(regularised);
        double[] gradient = new double[regularised.length];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = -contrast.advantages()[i] / Checks.divisor(group.get(i));
        }
        double loss = regularised.length * contrast.unbiasedVariance() / (2 * beta);
        return GroupLoss.ofSequences(loss, gradient, group);
    }

    @Override
    public Set<Requirement> requirements() {
        return Set.of(Requirement.REFERENCE);
    }
}
