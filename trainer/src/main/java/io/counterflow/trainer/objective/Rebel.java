package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Set;

/**
 * REBEL, regression to relative rewards (arXiv 2404.16767): the reference is the iterate that sampled, so the behaviour
 * log-probability stands where {@link Copg} has the reference.
 *
 * <pre>  g_i = ln pi(y_i) - ln mu(y_i)        L = ( (g - g') - eta (r - r') )^2
 *   r_i = R_i - beta (ln mu(y_i) - ln pi_ref(y_i))</pre>
 *
 * the KL term being folded into the reward at sampling time, as in the authors' code. Of a larger group, the mean over
 * its pairs. It is {@code 2 eta} times CoPG's pair loss with {@code pi_ref := mu} and {@code beta := 1/eta}.
 *
 * @param eta scale of the reward; positive
 * @param beta weight of the KL divergence to the reference in the reward; 0 leaves it out, and needs no reference
 */
public record Rebel(double eta, double beta) implements Objective {

    public Rebel {
        Checks.positive("eta", eta);
        Checks.notNegative("beta", beta);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        int k = group.size();
        double[] residuals = new double[k];
        for (int i = 0; i < k; i++) {
            ScoredCompletion completion = group.get(i);
            double penalty = beta == 0
                    ? 0
                    : beta
                            * (completion.requireBehaviour().sum()
                                    - completion.requireReference().sum());
            residuals[i] = completion.behaviourLogRatio() - eta * (completion.reward() - penalty);
        }
        // The mean over pairs of squared differences is twice the unbiased variance.
        LeaveOneOut contrast = LeaveOneOut.of(residuals);
        double[] gradient = new double[k];
        for (int i = 0; i < k; i++) {
            gradient[i] = 4 * contrast.advantages()[i] / k;
        }
        return GroupLoss.ofSequences(2 * contrast.unbiasedVariance(), gradient, group);
    }

    @Override
    public Set<Requirement> requirements() {
        return beta == 0 ? Set.of(Requirement.BEHAVIOUR) : Set.of(Requirement.BEHAVIOUR, Requirement.REFERENCE);
    }
}
