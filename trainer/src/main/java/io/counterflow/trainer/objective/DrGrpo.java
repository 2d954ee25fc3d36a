package io.counterflow.trainer.objective;

import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * Dr. GRPO (arXiv 2503.20783): {@link Grpo} without the division by the standard deviation, which favours prompts of
 * extreme difficulty, and without {@code 1/|y|}, which favours long wrong completions.
 *
 * <pre>  A_i = R_i - mean R
 *   L = (1/k) sum_i sum_t ( -min(r_t A_i, clip(r_t, 1 - c, 1 + c) A_i) + beta k3_t )</pre>
 *
 * @param beta weight of the KL term; 0, as in the paper, leaves it out, and needs no reference
 * @param clip c, between 0 and 1
 */
public record DrGrpo(double beta, double clip) implements Objective {

    public DrGrpo {
        Checks.notNegative("beta", beta);
        Checks.clip(clip);
    }

    @Override
    public GroupLoss evaluate(List<ScoredCompletion> group) {
        Checks.group(group);
        int k = group.size();
        double[] advantages = LeaveOneOut.of(
                        group.stream().mapToDouble(ScoredCompletion::reward).toArray())
                .advantages();
        double[] weights = new double[k];
        Arrays.fill(weights, 1.0 / k);
        for (int i = 0; i < k; i++) {
            advantages[i] = advantages[i] * (k - 1) / k;
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
