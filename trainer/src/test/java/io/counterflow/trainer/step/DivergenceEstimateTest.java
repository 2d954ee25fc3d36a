package io.counterflow.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.trainer.objective.LogProbability;
import io.counterflow.trainer.objective.ScoredCompletion;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Completions of one token out of three, so that the divergence is a sum of three terms. */
class DivergenceEstimateTest {

    private static final double[] POLICY = {0.7, 0.2, 0.1};
    private static final double[] REFERENCE = {0.2, 0.5, 0.3};
    /** sum pi ln(pi / pi_ref). */
    private static final double EXACT = 0.7 * Math.log(3.5) + 0.2 * Math.log(0.4) + 0.1 * Math.log(1 / 3.0);

    @Test
    void ownSamplesInTheirProportionsGiveTheDivergenceItself() {
        DivergenceEstimate estimate = new DivergenceEstimate();
        for (int i = 0; i < 10; i++) {
            int token = i < 7 ? 0 : i < 9 ? 1 : 2;
            estimate.add(completion(token, Math.log(POLICY[token])), OptionalLong.of(0));
        }

        Map<String, Double> metrics = finish(estimate);
        assertThat(metrics.get("kl.reference")).isCloseTo(EXACT, within(1e-12));
        assertThat(metrics.get("kl.effective.samples")).isCloseTo(10, within(1e-9));
        assertThat(metrics).containsEntry("kl.staleness", 0.0);
    }

    @Test
    void samplesOfAnotherPolicyAreWeightedToTheSame() {
        DivergenceEstimate estimate = new DivergenceEstimate();
        for (int token = 0; token < 3; token++) {
            estimate.add(completion(token, Math.log(1 / 3.0)), OptionalLong.empty());
        }

        Map<String, Double> metrics = finish(estimate);
        assertThat(metrics.get("kl.reference")).isCloseTo(EXACT, within(1e-12));
        assertThat(metrics.get("kl.effective.samples"))
                .as("(0.7 + 0.2 + 0.1)^2 / (0.49 + 0.04 + 0.01)")
                .isCloseTo(1 / 0.54, within(1e-9));
        assertThat(metrics).doesNotContainKey("kl.staleness");
    }

    @Test
    void theReferenceStandsInForAPolicyThatIsNotKnown() {
        DivergenceEstimate estimate = new DivergenceEstimate();
        for (int i = 0; i < 10; i++) {
            int token = i < 2 ? 0 : i < 7 ? 1 : 2;
            estimate.add(completion(token, Double.NaN), OptionalLong.empty());
        }

        assertThat(finish(estimate).get("kl.reference")).isCloseTo(EXACT, within(1e-12));
    }

    @Test
    void weightsMakeAnAverageAgeOfTheSamplesThatCount() {
        DivergenceEstimate estimate = new DivergenceEstimate();
        estimate.add(completion(0, Math.log(1 / 3.0)), OptionalLong.of(4));
        estimate.add(completion(2, Math.log(1 / 3.0)), OptionalLong.of(12));

        assertThat(finish(estimate).get("kl.staleness")).isCloseTo(5, within(1e-12));
    }

    @Test
    void itIsNeverNegativeAndAlwaysANumberHoweverFarThePolicyHasGone() {
        long seed = 20260711;
        SplittableRandom random = new SplittableRandom(seed);
        for (int batch = 0; batch < 500; batch++) {
            DivergenceEstimate estimate = new DivergenceEstimate();
            double scale = Math.pow(10, random.nextInt(-9, 5));
            for (int i = 0; i < 4; i++) {
                double[] policy = new double[12];
                double[] reference = new double[12];
                double behaviour = 0;
                for (int t = 0; t < policy.length; t++) {
                    policy[t] = -scale * random.nextDouble();
                    reference[t] = -scale * random.nextDouble();
                    behaviour -= scale * random.nextDouble();
                }
                estimate.add(
                        new ScoredCompletion(
                                0,
                                LogProbability.ofTokens(policy),
                                i == 0
                                        ? LogProbability.ofSum(LogProbability.ofTokens(reference)
                                                .sum())
                                        : LogProbability.ofTokens(reference),
                                LogProbability.ofSum(behaviour)),
                        OptionalLong.of(i));
            }
            Map<String, Double> metrics = finish(estimate);
            assertThat(metrics.get("kl.reference"))
                    .as("batch %d of seed %d", batch, seed)
                    .isFinite()
                    .isNotNegative();
            assertThat(metrics.get("kl.effective.samples")).isBetween(0.999999, 4.000001);
        }
    }

    @Test
    void aPolicyThatIsItsReferenceHasNone() {
        DivergenceEstimate estimate = new DivergenceEstimate();
        LogProbability both = LogProbability.ofTokens(-0.25, -3, -0.0);
        estimate.add(new ScoredCompletion(1, both, both, both), OptionalLong.of(0));

        assertThat(Double.toString(finish(estimate).get("kl.reference"))).isEqualTo("0.0");
    }

    private static ScoredCompletion completion(int token, double behaviour) {
        return new ScoredCompletion(
                0,
                LogProbability.ofTokens(Math.log(POLICY[token])),
                LogProbability.ofTokens(Math.log(REFERENCE[token])),
                LogProbability.ofSum(behaviour));
    }

    private static Map<String, Double> finish(DivergenceEstimate estimate) {
        Map<String, Double> metrics = new TreeMap<>();
        estimate.finish(metrics);
        return metrics;
    }
}
