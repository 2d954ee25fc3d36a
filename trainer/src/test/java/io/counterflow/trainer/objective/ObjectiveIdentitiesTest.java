package io.counterflow.trainer.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ObjectiveIdentitiesTest {

    private static final long SEED = 7;

    private final SplittableRandom random = new SplittableRandom(SEED);

    @Test
    void rebelOnAPairIsTwoEtaTimesCopgWithTheBehaviourPolicyAsReference() {
        double eta = 1.7;
        List<ScoredCompletion> pair = Samples.group(random, 2);
        List<ScoredCompletion> iterate = pair.stream()
                .map(c -> new ScoredCompletion(c.reward(), c.policy(), c.behaviour(), c.behaviour()))
                .toList();

        GroupLoss rebel = new Rebel(eta, 0).evaluate(pair);
        GroupLoss copg = new Copg(1 / eta).evaluate(iterate);

        assertThat(rebel.loss()).isCloseTo(2 * eta * copg.loss(), within(1e-10));
        CopgTest.assertSameGradient(rebel, copg, 2 * eta);
    }

    @Test
    void rebelFoldsTheDivergenceAtSamplingTimeIntoTheReward() {
        double beta = 0.05;
        List<ScoredCompletion> group = Samples.group(random, 3);
        List<ScoredCompletion> folded = group.stream()
                .map(c -> Samples.withReward(
                        c,
                        c.reward() - beta * (c.behaviour().sum() - c.reference().sum())))
                .toList();

        CopgTest.assertSameGradient(new Rebel(1, beta).evaluate(group), new Rebel(1, 0).evaluate(folded), 1);
    }

    @Test
    void offPolicyAgroHasTheDirectionOfCopg() {
        int k = 4;
        double beta = 0.3;
        List<ScoredCompletion> group = Samples.group(random, k);

        CopgTest.assertSameGradient(
                new Agro(beta, false).evaluate(group),
                new Copg(beta).evaluate(group),
                beta * (k - 1) / ((double) k * k));
    }

    @Test
    void onPolicyAgroAddsHalfTheSquaredDeviation() {
        double beta = 0.3;
        List<ScoredCompletion> group = Samples.group(random, 3);
        double mean = group.stream()
                .mapToDouble(c -> c.regularisedReward(beta))
                .average()
                .orElseThrow();

        GroupLoss off = new Agro(beta, false).evaluate(group);
        GroupLoss on = new Agro(beta, true).evaluate(group);

        for (int i = 0; i < 3; i++) {
            double deviation = group.get(i).regularisedReward(beta) - mean;
            assertThat(on.gradient()[i][0] - off.gradient()[i][0])
                    .isCloseTo(deviation * deviation / 2 / 3, within(1e-12));
        }
    }

    @Test
    void droWithTheOthersValueHasTheDirectionOfCopg() {
        int k = 5;
        double beta = 0.2;
        List<ScoredCompletion> group = Samples.group(random, k);

        CopgTest.assertSameGradient(new Dro(beta).evaluate(group), new Copg(beta).evaluate(group), beta / k);
    }

    @Test
    void dpoAtTheReferenceIsLnTwoWithHalfBetaOfSlope() {
        List<ScoredCompletion> pair = List.of(Samples.arm(1, -2, -2), Samples.arm(0, -3, -3));

        GroupLoss loss = new Dpo(0.1).evaluate(pair);

        assertThat(loss.loss()).isCloseTo(Math.log(2), within(1e-12));
        assertThat(loss.gradient()[0][0]).isCloseTo(-0.05, within(1e-12));
        assertThat(loss.gradient()[1][0]).isCloseTo(0.05, within(1e-12));
    }

    @Test
    void dpoStaysFiniteHoweverWrongThePolicyIs() {
        List<ScoredCompletion> pair = List.of(Samples.arm(1, -90_000, -1), Samples.arm(0, -1, -90_000));

        GroupLoss loss = new Dpo(0.1).evaluate(pair);

        assertThat(loss.loss()).isCloseTo(17_999.8, within(1e-6));
        assertThat(loss.gradient()[0][0]).isCloseTo(-0.1, within(1e-12));
    }

    @Test
    void preferencesIgnoreHowMuchBetterAndLeaveTiesAlone() {
        List<ScoredCompletion> group = Samples.group(random, 3);
        List<ScoredCompletion> ranked = List.of(
                Samples.withReward(group.get(0), 3),
                Samples.withReward(group.get(1), 2),
                Samples.withReward(group.get(2), 1));
        List<ScoredCompletion> stretched = List.of(
                Samples.withReward(group.get(0), 30),
                Samples.withReward(group.get(1), 2),
                Samples.withReward(group.get(2), -1));
        List<ScoredCompletion> tied =
                group.stream().map(c -> Samples.withReward(c, 1)).toList();

        CopgTest.assertSameGradient(new Dpo(0.1).evaluate(ranked), new Dpo(0.1).evaluate(stretched), 1);
        assertThat(new Ipo(0.1, true).evaluate(tied).loss()).isZero();
        assertThat(new Ipo(0.1, true).evaluate(tied).gradient()[1]).containsOnly(0);
    }

    @Test
    void beforeTheFirstUpdateDrGrpoIsPlainReinforceWithTheGroupMeanAsBaseline() {
        List<ScoredCompletion> fresh = Samples.group(random, 4).stream()
                .map(c -> new ScoredCompletion(c.reward(), c.policy(), c.reference(), c.policy()))
                .toList();

        GroupLoss drGrpo = new DrGrpo(0, 0.2).evaluate(fresh);
        GroupLoss reinforce = new PolicyGradient(0, Baseline.meanReward()).evaluate(fresh);

        CopgTest.assertSameGradient(drGrpo, reinforce, 1.0 / 4);
        assertThat(drGrpo.metrics()).containsEntry("clipped.fraction", 0.0);
    }

    @Test
    void grpoIsDrGrpoOverTheStandardDeviationAndTheLength() {
        List<ScoredCompletion> group = Samples.group(random, 4);
        double mean =
                group.stream().mapToDouble(ScoredCompletion::reward).average().orElseThrow();
        double deviation = Math.sqrt(group.stream()
                                .mapToDouble(c -> Math.pow(c.reward() - mean, 2))
                                .sum()
                        / 3)
                + 1e-4;

        GroupLoss grpo = new Grpo(0, 0.2).evaluate(group);
        GroupLoss drGrpo = new DrGrpo(0, 0.2).evaluate(group);

        for (int i = 0; i < 4; i++) {
            for (int t = 0; t < group.get(i).length(); t++) {
                assertThat(grpo.gradient()[i][t])
                        .isCloseTo(
                                drGrpo.gradient()[i][t]
                                        / deviation
                                        / group.get(i).length(),
                                within(1e-12));
            }
        }
    }

    @Test
    void clippingStopsTheGradientOnlyWhereItWouldGoTooFar() {
        LogProbability once = LogProbability.ofTokens(-1.0);
        LogProbability likelier = LogProbability.ofTokens(-1.0 + Math.log(1.5));
        List<ScoredCompletion> group =
                List.of(new ScoredCompletion(1, likelier, once, once), new ScoredCompletion(0, likelier, once, once));

        GroupLoss loss = new DrGrpo(0, 0.2).evaluate(group);

        assertThat(loss.gradient()[0][0])
                .as("good and already likelier: clipped")
                .isZero();
        assertThat(loss.gradient()[1][0]).as("bad and likelier: taken back").isCloseTo(0.375, within(1e-12));
        assertThat(loss.metrics()).containsEntry("clipped.fraction", 0.5);
    }

    @Test
    void proximalRlooOnFreshSamplesIsRlooWithTheDivergenceInTheReward() {
        List<ScoredCompletion> fresh = Samples.group(random, 4).stream()
                .map(c -> new ScoredCompletion(c.reward(), c.policy(), c.reference(), c.policy()))
                .toList();

        CopgTest.assertSameGradient(new Rloo(0.1, 0.2).evaluate(fresh), new Rloo(0.1, null).evaluate(fresh), 1);
    }

    @Test
    void likelihoodImitatesTheBestOrEverybody() {
        List<ScoredCompletion> group = List.of(Samples.arm(1, -1, -1), Samples.arm(3, -2, -1), Samples.arm(3, -4, -1));

        GroupLoss best = new Likelihood(Likelihood.Chosen.BEST).evaluate(group);
        GroupLoss all = new Likelihood(Likelihood.Chosen.ALL).evaluate(group);

        assertThat(best.loss()).isCloseTo(3, within(1e-12));
        assertThat(best.gradient()[0][0]).isZero();
        assertThat(best.gradient()[1][0]).isEqualTo(-0.5);
        assertThat(all.loss()).isCloseTo(7.0 / 3, within(1e-12));
    }

    @Test
    void anAuxiliaryLikelihoodIsAddedWithItsWeight() {
        List<ScoredCompletion> group = Samples.group(random, 3);
        Likelihood likelihood = new Likelihood(Likelihood.Chosen.BEST);

        GroupLoss both = new WithLikelihood(new Copg(0.1), 0.25, likelihood).evaluate(group);

        double copg = new Copg(0.1).evaluate(group).loss();
        assertThat(both.loss())
                .isCloseTo(copg + 0.25 * likelihood.evaluate(group).loss(), within(1e-10));
        assertThat(both.metrics()).containsEntry("loss.objective", copg);
    }

    @Test
    void anObjectiveSaysWhichLogProbabilityIsMissing() {
        List<ScoredCompletion> bare = List.of(Samples.arm(1, -1, -1), Samples.arm(0, -1, -1));

        assertThat(new Grpo(0, 0.2).requirements()).isEqualTo(Set.of(Requirement.BEHAVIOUR_TOKENS));
        assertThatThrownBy(() -> new Grpo(0, 0.2).evaluate(bare))
                .hasMessage("this objective needs the behaviour log-probability");
    }

    @Test
    void everyNameOfAnObjectiveMakesOne() {
        for (ObjectiveName name : ObjectiveName.values()) {
            assertThat(ObjectiveName.fromConfigName(name.configName())).isEqualTo(name);
            assertThat(ObjectiveConfig.of(name, 0.1).objective()).isNotNull();
        }
        assertThatThrownBy(() -> ObjectiveName.fromConfigName("ppo")).hasMessageContaining("copg, copg-length");
    }
}
