package io.counterflow.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CopgTest {

    private static final long SEED = 2406_19185;

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void thePairLossIsTheSquaredContrastOfTheRegularisedRewardsOverTwoBeta() {
        double beta = 0.3;
        for (int n = 0; n < 50; n++) {
            List<ScoredCompletion> pair = Samples.group(random, 2);
            double dR = pair.get(0).reward() - pair.get(1).reward();
            double dh = pair.get(0).logRatio() - pair.get(1).logRatio();

            double loss = new Copg(beta).evaluate(pair).loss();

            assertThat(loss).isCloseTo((dR - beta * dh) * (dR - beta * dh) / (2 * beta), within(1e-12));
            double paper = dR * dh - beta / 2 * dh * dh;
            assertThat(loss).as("dR^2/(2 beta) - l_CoPG").isCloseTo(dR * dR / (2 * beta) - paper, within(1e-12));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 4, 7})
    void theGradientIsThatOfLeaveOneOutReinforce(int k) {
        List<ScoredCompletion> group = Samples.group(random, k);

        assertSameGradient(new Copg(0.2).evaluate(group), new Rloo(0.2, null).evaluate(group), 1);
    }

    @Test
    void rewardsOfPlusAndMinusOneQuarterGiveIdentityPreferenceOptimisation() {
        List<ScoredCompletion> pair = Samples.group(random, 2);
        List<ScoredCompletion> labelled =
                List.of(Samples.withReward(pair.get(0), 0.25), Samples.withReward(pair.get(1), -0.25));

        GroupLoss copg = new Copg(0.15).evaluate(labelled);
        GroupLoss ipo = new Ipo(0.15, false).evaluate(labelled);

        assertThat(copg.loss()).isCloseTo(ipo.loss(), within(1e-12));
        assertSameGradient(copg, ipo, 1);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 5, 8})
    void theGroupLossIsKTimesTheUnbiasedVarianceOfTheRegularisedRewardsOverTwoBeta(int k) {
        double beta = 0.4;
        List<ScoredCompletion> group = Samples.group(random, k);
        double[] a = group.stream().mapToDouble(c -> c.regularisedReward(beta)).toArray();
        double pairs = 0;
        for (int i = 0; i < k; i++) {
            for (int j = 0; j < i; j++) {
                pairs += (a[i] - a[j]) * (a[i] - a[j]);
            }
        }
        double unbiasedVariance = pairs / k / (k - 1);

        double loss = new Copg(beta).evaluate(group).loss();

        assertThat(loss).isCloseTo(k * unbiasedVariance / (2 * beta), within(1e-12));
        assertThat(loss).as("Command A's form over 2 beta").isCloseTo(pairs / (k - 1) / (2 * beta), within(1e-12));
    }

    @Test
    void addingAConstantOfThePromptToEveryRewardChangesNothing() {
        List<ScoredCompletion> group = Samples.group(random, 4);
        List<ScoredCompletion> shifted = group.stream()
                .map(c -> Samples.withReward(c, c.reward() + 17.25))
                .toList();

        GroupLoss before = new Copg(0.1).evaluate(group);
        GroupLoss after = new Copg(0.1).evaluate(shifted);

        assertThat(after.loss()).isCloseTo(before.loss(), within(1e-10));
        assertSameGradient(after, before, 1);
    }

    @Test
    void scalingRewardAndBetaTogetherScalesLossAndGradientAndMovesNoOptimum() {
        double scale = 3.5;
        List<ScoredCompletion> group = Samples.group(random, 3);
        List<ScoredCompletion> scaled = group.stream()
                .map(c -> Samples.withReward(c, c.reward() * scale))
                .toList();

        GroupLoss before = new Copg(0.1).evaluate(group);
        GroupLoss after = new Copg(0.1 * scale).evaluate(scaled);

        // s^2 in Command A's form; the division by 2 beta leaves s.
        assertThat(after.loss()).isCloseTo(before.loss() * scale, within(1e-10));
        assertSameGradient(after, before, scale);
    }

    @Test
    void atTheReferenceThePairLossIsTheSquaredRewardDifferenceOverTwoBeta() {
        List<ScoredCompletion> pair = List.of(Samples.arm(1, -2, -2), Samples.arm(0.25, -0.5, -0.5));

        assertThat(new Copg(0.5).evaluate(pair).loss()).isCloseTo(0.75 * 0.75, within(1e-12));
    }

    @Test
    void equalRewardsStillPullTheLogRatiosTogether() {
        List<ScoredCompletion> pair = List.of(Samples.arm(1, -1, -2), Samples.arm(1, -2, -2));

        GroupLoss loss = new Copg(0.5).evaluate(pair);

        assertThat(loss.gradient()[0][0]).isCloseTo(0.5, within(1e-12));
        assertThat(loss.gradient()[1][0]).isCloseTo(-0.5, within(1e-12));
    }

    @Test
    void onOneTokenCompletionsLengthNormalisationChangesNothing() {
        List<ScoredCompletion> pair = List.of(Samples.arm(1, -1, -2), Samples.arm(0, -2, -2.5));

        assertSameGradient(new LengthNormalisedCopg(0.2).evaluate(pair), new Copg(0.2).evaluate(pair), 1);
    }

    @Test
    void lengthNormalisedCopgIsCopgOnMeanLogRatios() {
        ScoredCompletion long0 = new ScoredCompletion(
                1, LogProbability.ofTokens(-1, -1, -1, -1), LogProbability.ofTokens(-2, -2, -2, -2), null);
        ScoredCompletion short0 = Samples.arm(1, -3, -4);

        GroupLoss loss = new LengthNormalisedCopg(0.3).evaluate(List.of(long0, short0));

        assertThat(loss.loss()).as("both gained 1 nat a token").isCloseTo(0, within(1e-12));
    }

    @Test
    void aGroupOfOneIsRefused() {
        assertThatThrownBy(() -> new Copg(0.1).evaluate(List.of(Samples.arm(1, -1, -1))))
                .hasMessageContaining("at least 2");
        assertThatThrownBy(() -> new Copg(0)).hasMessageContaining("beta is 0.0");
    }

    static void assertSameGradient(GroupLoss actual, GroupLoss expected, double scale) {
        for (int i = 0; i < expected.gradient().length; i++) {
            for (int t = 0; t < expected.gradient()[i].length; t++) {
                assertThat(actual.gradient()[i][t])
                        .as("completion %d, token %d", i, t)
                        .isCloseTo(scale * expected.gradient()[i][t], within(1e-10));
            }
        }
    }
}
