package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Set;

/**
 * Contrastive Policy Gradient, in its pair and k-sample form; the default.
 *
 * <p>Pair ({@code k = 2}; arXiv 2406.19185, Eq. 7-9 and 18-19): maximising
 * {@code l_CoPG = dR dh - (beta/2) dh^2} is minimising
 *
 * <pre>  L = (dR - beta dh)^2 / (2 beta)                     dL/d ln pi(y) = -(a - a')</pre>
 *
 * with {@code dR = R - R'} and {@code dh = h - h'}; the two differ by the constant {@code dR^2 / (2 beta)}.
 *
 * <p>Group (the form of Command A, arXiv 2504.00698, {@code (1/(k-1)) sum_{i>j} (a_i - a_j)^2}, divided by
 * {@code 2 beta}, so that {@code k = 2} is the pair form and the gradient has the scale of RLOO's):
 *
 * <pre>  L = 1/(2 beta (k-1)) sum_{i>j} (a_i - a_j)^2  =  k s^2 / (2 beta)
 *   dL/d ln pi(y_i) = -(a_i - mean_{j != i} a_j)  =  -(k/(k-1)) (a_i - mean_j a_j)</pre>
 *
 * where {@code s^2} is the unbiased variance of the group's {@code a_i}. Groups of different size may share a batch. The
 * completions may come from any policies: no importance weights are needed (Theorem 1), and the minimiser is
 * {@code pi_ref exp(R/beta)}, normalised.
 *
 * @param beta weight of the KL divergence to the reference, in units of the reward; positive
 */
public record Copg(double beta) implements Objective {

    public Copg {
        Checks.positive("beta", beta);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        double[] regularised =
                group.stream().mapToDouble(c -> c.regularisedReward(beta)).toArray();
        LeaveOneOut contrast = LeaveOneOut.of(regularised);
        double[] gradient = new double[regularised.length];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = -contrast.advantages()[i];
        }
        double loss = regularised.length * contrast.unbiasedVariance() / (2 * beta);
        return GroupLoss.ofSequences(loss, gradient, group);
    }

    @Override
    public Set<Requirement> requirements() {
        return Set.of(Requirement.REFERENCE);
    }
}
