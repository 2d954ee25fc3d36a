package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Map;

/**
 * The part that GRPO and Dr. GRPO share: PPO's surrogate token by token, and the k3 estimate of the KL divergence to the
 * reference, {@code k3 = exp(ln pi_ref - ln pi) - (ln pi_ref - ln pi) - 1}.
 */
final class ClippedTokens {

    private ClippedTokens() {}

    /**
     * {@code L = sum_i w_i sum_t ( -min(r_t A_i, clip(r_t) A_i) + beta k3_t )}
     *
     * @param advantages A_i
     * @param weights w_i
     */
    static GroupLoss evaluate(
            List<ScoredCompletion> group, double[] advantages, double[] weights, double beta, double clip) {
        double loss = 0;
        long clipped = 0;
        long tokens = 0;
        double[][] gradient = new double[group.size()][];
        for (int i = 0; i < gradient.length; i++) {
            double[] policy = group.get(i).policy().tokens();
            double[] behaviour = group.get(i).requireBehaviourTokens();
            double[] reference = beta == 0 ? policy : group.get(i).requireReferenceTokens();
            gradient[i] = new double[policy.length];
            for (int t = 0; t < policy.length; t++) {
                ClippedRatio term = ClippedRatio.of(policy[t] - behaviour[t], advantages[i], clip);
                double toReference = reference[t] - policy[t];
                double k3 = Math.expm1(toReference) - toReference;
                loss += weights[i] * (-term.value() + beta * k3);
                gradient[i][t] = weights[i] * (-term.derivative() - beta * Math.expm1(toReference));
                clipped += term.clipped() ? 1 : 0;
                tokens++;
            }
        }
        return new GroupLoss(loss, gradient, Map.of("clipped.fraction", tokens == 0 ? 0 : (double) clipped / tokens));
    }
}
