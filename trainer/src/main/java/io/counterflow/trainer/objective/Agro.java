package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Set;

/**
 * AGRO, any-generation reward optimisation (arXiv 2503.19612): at the optimum the regularised reward does not depend on
 * the completion, so its variance within a group is minimised.
 *
 * <pre>  L = (1/2) (1/k) sum_i (a_i - mean a)^2        dL/d ln pi(y_i) = -(beta/k) (a_i - mean a)</pre>
 *
 * On other policies' samples that is CoPG's direction, scaled by {@code beta (k-1)/k^2}. On the policy's own samples the
 * sampling distribution depends on the policy too, which adds {@code (1/k) (1/2) (a_i - mean a)^2} to the derivative.
 *
 * @param beta weight of the KL divergence to the reference; positive
 * @param onPolicy whether the derivative of the sampling distribution is added; only for the policy's own samples
 */
public record Agro(double beta, boolean onPolicy) implements Objective {

    public Agro {
        Checks.positive("beta", beta);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        int k = group.size();
        LeaveOneOut contrast = LeaveOneOut.of(
                group.stream().mapToDouble(c -> c.regularisedReward(beta)).toArray());
        double[] gradient = new double[k];
        for (int i = 0; i < k; i++) {
            double fromMean = contrast.advantages()[i] * (k - 1) / k;
            gradient[i] = (-beta * fromMean + (onPolicy ? fromMean * fromMean / 2 : 0)) / k;
        }
        return GroupLoss.ofSequences(contrast.unbiasedVariance() * (k - 1) / (2.0 * k), gradient, group);
    }

    @Override
    public Set<Requirement> requirements() {
        return Set.of(Requirement.REFERENCE);
    }
}
