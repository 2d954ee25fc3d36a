package io.counterflow.trainer.experiment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class BanditExperimentTest {

    private static final BanditExperiment PAPER = BanditExperiment.ofThePaper(Parametrisation.MLP);

    /** Every setting is the paper's, all 2,000 updates included. */
    private static List<Curve> figure1;

    /** Not a static initialiser: workers need this class, and would wait for it to be initialised. */
    @BeforeAll
    static void runTheExperiment() {
        figure1 = PAPER.run(10, curve -> {});
    }

    @ParameterizedTest
    @EnumSource
    void everyAlgorithmEndsAtItsExactLimit(Algorithm algorithm) {
        LimitCheck check = check(algorithm);

        assertThat(check.measured()).isCloseTo(algorithm.limit(), within(0.003));
        assertThat(check.holds()).isTrue();
    }

    @Test
    void copgHasNoRegretWithAnySeed() {
        assertThat(check(Algorithm.COPG).highest()).isLessThan(1e-3);
        assertThat(check(Algorithm.COPG).policy())
                .containsExactly(new double[] {0.70538, 0.25950, 0.03512}, within(1e-3));
    }

    @Test
    void policyGradientWithoutBaselineGetsWorseWithEverySeed() {
        assertThat(figure1)
                .filteredOn(curve -> curve.algorithm() == Algorithm.PG)
                .allSatisfy(curve -> assertThat(curve.finalRegret()).isGreaterThan(curve.regret()[0]));
    }

    @ParameterizedTest
    @EnumSource
    void everyAlgorithmStartsAtTheReference(Algorithm algorithm) {
        assertThat(figure1)
                .filteredOn(curve -> curve.algorithm() == algorithm)
                .hasSize(10)
                .allSatisfy(curve -> assertThat(curve.regret()).hasSize(101).startsWith(0.29186663071670393));
    }

    @Test
    void aTableOfLogitsIsTooSlowForTheEpochsOfThePaper() {
        List<Curve> curves = BanditExperiment.ofThePaper(Parametrisation.TABLE).run(3, curve -> {});

        assertThat(LimitCheck.of(curves))
                .filteredOn(check -> check.algorithm() == Algorithm.COPG)
                .singleElement()
                .satisfies(check -> {
                    assertThat(check.lastEpoch()).isCloseTo(0.0131, within(0.0005));
                    assertThat(check.holds()).isFalse();
                });
    }

    @ParameterizedTest
    @EnumSource
    void theSameSeedGivesTheSameBitsOnAnyThread(Algorithm algorithm) {
        Curve again = PAPER.withEpochs(3).train(algorithm, 7);

        Curve before = figure1.stream()
                .filter(curve -> curve.algorithm() == algorithm && curve.seed() == 7)
                .findFirst()
                .orElseThrow();
        assertThat(before.regret()).startsWith(again.regret());
    }

    @Test
    void theNetworksGradientIsThatOfFiniteDifferences() {
        SplittableRandom random = new SplittableRandom(5);
        ConstantInputNetwork network = new ConstantInputNetwork(6, 3, random);
        double[] values = network.values();
        for (int i = 0; i < values.length; i++) {
            values[i] = random.nextDouble(-1, 1);
        }
        double[] weights = {0.3, -1.2, 0.7};
        double[] gradient = network.backward(weights);

        for (int i = 0; i < values.length; i++) {
            double kept = values[i];
            values[i] = kept + 1e-6;
            double above = dot(weights, network.logits());
            values[i] = kept - 1e-6;
            double below = dot(weights, network.logits());
            values[i] = kept;
            assertThat(gradient[i]).as("parameter %d", i).isCloseTo((above - below) / 2e-6, within(1e-7));
        }
    }

    @Test
    void theFirstStepOfAdamIsTheLearningRateInEveryDirection() {
        double[] parameters = {1, 1, 1};

        new Adam(3, 0.01).step(parameters, new double[] {5, -0.001, 0});

        assertThat(parameters).containsExactly(new double[] {0.99, 1.01, 1}, within(1e-6));
    }

    @Test
    void regretIsBetaTimesTheDivergenceFromTheOptimum() {
        Bandit bandit = Bandit.ofThePaper();
        double[] policy = {0.2, 0.7, 0.1};
        double divergence = 0;
        for (int y = 0; y < policy.length; y++) {
            divergence += policy[y] * Math.log(policy[y] / bandit.optimum()[y]);
        }

        assertThat(bandit.regret(policy)).isCloseTo(bandit.beta() * divergence, within(1e-12));
    }

    @Test
    void pairsComeFromTheTwoSamplingPoliciesAndPreferencesFromBradleyTerry() {
        Bandit bandit = Bandit.ofThePaper();
        List<Bandit.Pair> kinds = bandit.kinds();
        List<Bandit.Pair> pairs = Arrays.stream(bandit.draw(200_000, new SplittableRandom(11)))
                .mapToObj(kinds::get)
                .toList();

        assertThat(share(pairs, p -> p.first() == 0)).isCloseTo(0.1, within(0.005));
        assertThat(share(pairs, p -> p.first() == 1)).isCloseTo(0.2, within(0.005));
        assertThat(share(pairs, p -> p.second() == 0)).isCloseTo(0.05, within(0.005));
        assertThat(share(pairs, p -> p.second() == 2)).isCloseTo(0.9, within(0.005));
        List<Bandit.Pair> bestAgainstWorst =
                pairs.stream().filter(p -> p.first() == 0 && p.second() == 2).toList();
        assertThat(share(bestAgainstWorst, Bandit.Pair::firstPreferred))
                .isCloseTo(1 / (1 + Math.exp(-1.5)), within(0.015));
    }

    @Test
    void settingsThatMakeNoSenseAreNamed() {
        assertThatThrownBy(() -> PAPER.withEpochs(0)).hasMessageContaining("epochs is 0");
        assertThatThrownBy(() -> PAPER.run(0, curve -> {})).hasMessageContaining("seeds is 0");
    }

    private static LimitCheck check(Algorithm algorithm) {
        return LimitCheck.of(figure1).stream()
                .filter(check -> check.algorithm() == algorithm)
                .findFirst()
                .orElseThrow();
    }

    private static double share(List<Bandit.Pair> pairs, Predicate<Bandit.Pair> of) {
        return (double) pairs.stream().filter(of).count() / pairs.size();
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
