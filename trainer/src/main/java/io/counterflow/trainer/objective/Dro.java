package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Set;

/**
 * DRO-style regression (direct reward optimisation, arXiv 2405.19107): each completion alone is regressed on its own
 * target, with a value {@code V(x)} in between.
 *
 * <pre>  L = (1/k) sum_i (1/2) (R_i - V_i - beta h_i)^2        dL/d ln pi(y_i) = -(beta/k) (R_i - V_i - beta h_i)</pre>
 *
 * DRO learns V with a second network and needs one completion a prompt; here, where a prompt has several,
 * {@code V_i = sg(mean_{j != i} a_j)}, the least-squares value of the other completions, stands for it.
 *
 * @param beta weight of the KL divergence to the reference (tau in the paper); positive
 */
public record Dro(double beta) implements Objective {

    public Dro {
        Checks.positive("beta", beta);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        int k = group.size();
        double[] residuals = LeaveOneOut.of(group.stream()
                        .mapToDouble(c -> c.regularisedReward(beta))
                        .toArray())
                .advantages();
        double loss = 0;
        double[] gradient = new double[k];
        for (int i = 0; i < k; i++) {
            loss += residuals[i] * residuals[i] / (2 * k);
            gradient[i] = -beta * residuals[i] / k;
        }
        return GroupLoss.ofSequences(loss, gradient, group);
    }

    @Override
    public Set<Requirement> requirements() {
        return Set.of(Requirement.REFERENCE);
    }
}
