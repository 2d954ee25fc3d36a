package io.counterflow.trainer.step;

import io.counterflow.trainer.objective.LogProbability;
import io.counterflow.trainer.objective.ScoredCompletion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Estimates KL(pi || pi_ref) in nats a completion from a batch, whoever sampled it.
 *
 * <p>Of one completion y the estimate is the sum over its tokens of {@code r - 1 - ln r} with {@code r = pi_ref / pi} (k3 of
 * Schulman, "Approximating KL Divergence", http://joschu.net/blog/kl-approx.html; token by token as in GRPO, arXiv 2402.03300
 * Eq. 4). No term is negative, and under pi's own samples each has the mean of the divergence at its token, so that the sum is
 * without bias. Of whole completions {@code r} is e to the power of tens of nats: one completion would decide; of single tokens
 * it is not. Where the log has only the sum under the reference, the completion counts as one token.
 *
 * <p>Samples of older or other policies mu are weighted by {@code w = pi(y) / mu(y)}, and the mean is self-normalised: {@code
 * sum w k3 / sum w}, which tends to the divergence as samples grow and is never negative. How many of pi's own samples it is
 * worth is {@code (sum w)^2 / sum w^2} (Kish): far below the batch's size, the estimate is rough. Where mu is unknown (imported
 * completions) the reference stands in for it. One thread.
 */
public final class DivergenceEstimate {

    /** Larger exponents say no more, and would overflow. */
    private static final double LARGEST_EXPONENT = 230;

    private record Sample(double logWeight, double divergence, OptionalLong staleness) {}

    private final List<Sample> samples = new ArrayList<>();

    DivergenceEstimate() {}

    /**
     * The estimate of one completion, from ln p of each of its tokens: the sum of k3 over them; 0 or more.
     *
     * @param policy under the policy whose divergence it is, and that should have sampled the completion
     * @param reference under the reference, as many
     */
    public static double ofTokens(double[] policy, double[] reference) {
        double sum = 0;
        for (int t = 0; t < policy.length; t++) {
            sum += k3(reference[t] - policy[t]);
        }
        return sum;
    }

    /**
     * @param completion with its log-probability under the reference
     * @param staleness policy versions since it was sampled; empty for completions of other runs
     */
    void add(ScoredCompletion completion, OptionalLong staleness) {
        LogProbability behaviour = completion.behaviour();
        double before = behaviour == null || Double.isNaN(behaviour.sum())
                ? completion.reference().sum()
                : behaviour.sum();
        samples.add(new Sample(completion.policy().sum() - before, divergence(completion), staleness));
    }

    private static double divergence(ScoredCompletion completion) {
        LogProbability policy = completion.policy();
        LogProbability reference = completion.reference();
        return reference.hasTokens()
                ? ofTokens(policy.tokens(), reference.tokens())
                : k3(reference.sum() - policy.sum());
    }

    /** {@code r - 1 - ln r} of {@code ln r}; never negative, in floating point neither. */
    private static double k3(double logRatio) {
        double x = Math.min(logRatio, LARGEST_EXPONENT);
        return Math.abs(x) < 1e-4 ? x * x / 2 * (1 + x / 3) : Math.max(0, Math.expm1(x) - x);
    }

    /**
     * {@code kl.reference}, the estimate; {@code kl.effective.samples}, how many own samples it is worth; {@code kl.staleness},
     * the weighted mean age of this run's samples in it. Nothing where there was no sample.
     */
    void finish(Map<String, Double> metrics) {
        if (samples.isEmpty()) {
            return;
        }
        double largest = samples.stream().mapToDouble(Sample::logWeight).max().orElseThrow();
        double weights = 0;
        double squares = 0;
        double divergences = 0;
        double own = 0;
        double ages = 0;
        for (Sample sample : samples) {
            double weight = Math.exp(sample.logWeight() - largest);
            weights += weight;
            squares += weight * weight;
            divergences += weight * sample.divergence();
            if (sample.staleness().isPresent()) {
                own += weight;
                ages += weight * sample.staleness().getAsLong();
            }
        }
        metrics.put("kl.reference", divergences / weights);
        metrics.put("kl.effective.samples", weights * weights / squares);
        if (own > 0) {
            metrics.put("kl.staleness", ages / own);
        }
    }
}
