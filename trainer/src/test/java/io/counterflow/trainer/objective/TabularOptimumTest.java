package io.counterflow.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where the objectives end, on tables small enough to know the answer. */
class TabularOptimumTest {

    /** The bandit of CoPG's section 5. */
    private static final double BETA = 0.5;

    private static final double[] REWARDS = {2.5, 2, 1};

    private final ExpectedUpdates bandit = new ExpectedUpdates(
            REWARDS, new double[] {1 / 3.0, 1 / 3.0, 1 / 3.0}, new double[] {0.1, 0.2, 0.7}, new double[] {
                0.05, 0.05, 0.9
            });

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void copgEndsAtTheRegularisedOptimumWhicheverPoliciesSampled(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        ExpectedUpdates table = new ExpectedUpdates(
                random.doubles(5, -1, 2).toArray(),
                distribution(random, 5),
                distribution(random, 5),
                distribution(random, 5));

        double[] limit = table.limit(policy -> new Copg(0.4), ExpectedUpdates.rewardsThemselves(), 0.5);

        assertThat(limit).as("seed %d", seed).containsExactly(table.optimum(0.4), within(1e-6));
    }

    @Test
    void onTheBanditCopgHasNoRegret() {
        assertThat(limit(policy -> new Copg(BETA), ExpectedUpdates.rewardsThemselves()))
                .containsExactly(new double[] {0.70538, 0.25950, 0.03512}, within(1e-5));
    }

    @Test
    void onTheBanditIpoIsBiased() {
        double[] limit = limit(policy -> new Ipo(BETA, false), ExpectedUpdates.bradleyTerry());

        assertThat(limit).containsExactly(new double[] {0.42417, 0.35271, 0.22313}, within(1e-5));
        assertThat(regret(limit)).isCloseTo(0.15253, within(1e-5));
    }

    @Test
    void onTheBanditPolicyGradientWithoutBaselineEndsWorseThanItBegan() {
        double[] limit =
                limit(policy -> new PolicyGradient(BETA, Baseline.none()), ExpectedUpdates.rewardsThemselves());

        assertThat(limit).containsExactly(new double[] {0.19399, 0.25014, 0.55587}, within(1e-5));
        assertThat(regret(limit)).isCloseTo(0.63779, within(1e-5));
    }

    @Test
    void onTheBanditPolicyGradientWithTheValueBaselineIsBiased() {
        double[] limit =
                limit(policy -> new PolicyGradient(BETA, group -> value(policy)), ExpectedUpdates.rewardsThemselves());

        assertThat(limit).containsExactly(new double[] {0.81155, 0.16752, 0.02093}, within(1e-5));
        assertThat(regret(limit)).isCloseTo(0.01482, within(1e-5));
    }

    private double[] limit(Function<double[], Objective> objective, ExpectedUpdates.Labelling labelling) {
        return bandit.limit(objective, labelling, 0.2);
    }

    private static double value(double[] policy) {
        double value = 0;
        for (int y = 0; y < policy.length; y++) {
            value += policy[y] * REWARDS[y];
        }
        return value;
    }

    private double regret(double[] policy) {
        return objective(bandit.optimum(BETA)) - objective(policy);
    }

    private static double objective(double[] policy) {
        double divergence = 0;
        for (double p : policy) {
            divergence += p * Math.log(p * policy.length);
        }
        return value(policy) - BETA * divergence;
    }

    private static double[] distribution(SplittableRandom random, int n) {
        return ExpectedUpdates.softmax(random.doubles(n, -1.5, 1.5).toArray());
    }
}
