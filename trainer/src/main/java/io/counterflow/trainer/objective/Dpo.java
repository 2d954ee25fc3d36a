package io.counterflow.trainer.objective;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Direct preference optimisation, arXiv 2305.18290, Eq. 7:
 *
 * <pre>  L = -ln sigma(beta (h_w - h_l))        dL/d ln pi(y_w) = -beta sigma(-beta (h_w - h_l))</pre>
 *
 * for a preferred completion w and a dispreferred one l; of a larger group, the mean over all pairs with different
 * rewards.
 *
 * @param beta temperature; positive
 */
public record Dpo(double beta) implements Objective {

    public Dpo {
        Checks.positive("beta", beta);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        double[] ratios = group.stream().mapToDouble(ScoredCompletion::logRatio).toArray();
        double[] ones = new double[ratios.length];
        Arrays.fill(ones, 1);
        return PreferencePairs.mean(group, ratios, ones, margin -> {
            double logit = beta * margin;
            // ln(1 + e^-z) without overflow for a large negative z.
            double loss = Math.log1p(Math.exp(-Math.abs(logit))) + Math.max(-logit, 0);
            return new double[] {loss, -beta / (1 + Math.exp(logit))};
        });
    }

    @Override
    public Set<Requirement> requirements() {
        return Set.of(Requirement.REFERENCE);
    }
}
