package io.counterflow.trainer.objective;

import java.util.List;
import java.util.Set;

/**
 * Group relative policy optimisation (arXiv 2402.03300, Eq. 3), with clipping against the behaviour policy:
 *
 * <pre>  A_i = (R_i - mean R) / (std R + 1e-4)
 *   L = (1/k) sum_i (1/|y_i|) sum_t ( -min(r_t A_i, clip(r_t, 1 - c, 1 + c) A_i) + beta k3_t )</pre>
 *
 * with {@code r_t = pi / mu} of one token, the unbiased standard deviation (as TRL has it), and
 * {@code k3 = exp(ln pi_ref - ln pi) - (ln pi_ref - ln pi) - 1}.
 *
 * @param beta weight of the KL term; 0 leaves it out, and needs no reference
 * @param clip c, between 0 and 1
 */
public record Grpo(double beta, double clip) implements Objective {

    private static final double STANDARD_DEVIATION_FLOOR = 1e-4;

    public Grpo {
        Checks.notNegative("beta", beta);
        Checks.clip(clip);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        int k = group.size();
        LeaveOneOut contrast = LeaveOneOut.of(
                group.stream().mapToDouble(ScoredCompletion::reward).toArray());
        double deviation = Math.sqrt(contrast.unbiasedVariance()) + STANDARD_DEVIATION_FLOOR;
        double[] advantages = new double[k];
        double[] weights = new double[k];
        for (int i = 0; i < k; i++) {
            double fromMean = contrast.advantages()[i] * (k - 1) / k;
            advantages[i] = fromMean / deviation;
            weights[i] = 1.0 / ((double) k * Checks.divisor(group.get(i)));
        }
        return ClippedTokens.evaluate(group, advantages, weights, beta, clip);
    }

    @Override
    public Set<Requirement> requirements() {
        return beta == 0
                ? Set.of(Requirement.BEHAVIOUR_TOKENS)
                : Set.of(Requirement.BEHAVIOUR_TOKENS, Requirement.REFERENCE_TOKENS);
    }
}
