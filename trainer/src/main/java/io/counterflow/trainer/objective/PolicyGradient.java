package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * Policy gradient on samples of any policy, without importance weights: CoPG's rival in the paper's bandit (arXiv
 * 2406.19185, Eq. 23-24).
 *
 * <pre>  L = -sum_i sg(a_i - b) ln pi(y_i)        dL/d ln pi(y_i) = -(a_i - b)</pre>
 *
 * Correct on the policy's own samples for any b; on others' samples its limit is biased unless b is the mean of the
 * regularised reward under the policies that sampled, which is what {@link Copg} estimates.
 *
 * @param beta weight of the KL divergence to the reference; 0 or more
 * @param baseline b; the paper's "value baseline" is {@code E_pi[R]}
 */
public record PolicyGradient(double beta, Baseline baseline) implements Objective {

    public PolicyGradient {
        Checks.notNegative("beta", beta);
        Objects.requireNonNull(baseline, "baseline");
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        double b = baseline.of(group);
        double loss = 0;
        double[] gradient = new double[group.size()];
        for (int i = 0; i < gradient.length; i++) {
            gradient[i] = -(group.get(i).regularisedReward(beta) - b);
            loss += gradient[i] * group.get(i).policy().sum();
        }
        return GroupLoss.ofSequences(loss, gradient, group);
    }

    @Override
    public Set<Requirement> requirements() {
        return Set.of(Requirement.REFERENCE);
    }
}
