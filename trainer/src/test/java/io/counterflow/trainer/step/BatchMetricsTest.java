package io.counterflow.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.log.LogPosition;
import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.batch.TrainingMember;
import io.counterflow.trainer.objective.Copg;
import io.counterflow.trainer.objective.LogProbability;
import io.counterflow.trainer.objective.ScoredCompletion;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BatchMetricsTest {

    private static final long STEP = 12;

    /** A completion of so many tokens with so much h, of a policy version, with a score of its own. */
    private record One(double reward, int length, double h, long version, Map<String, Double> scores) {}

    @Test
    void membersAreToldApartByTheirRewardsSoThatBothSidesOfAPairCanBeWatched() {
        Map<String, Double> metrics =
                metrics(List.of(one(0, 10, -3), one(1, 4, -1)), List.of(one(2, 6, 0.5), one(1, 2, -2)));

        assertThat(metrics)
                .containsEntry("h.rank.1", -0.25)
                .containsEntry("h.rank.2", -2.5)
                .containsEntry("length.rank.1", 5.0)
                .containsEntry("length.rank.2", 6.0)
                .containsEntry("h.min", -3.0)
                .containsEntry("h.max", 0.5)
                .doesNotContainKey("h.rank.3");
    }

    @Test
    void aRankThatOnlyLargerGroupsHaveIsTheMeanOverThose() {
        Map<String, Double> metrics =
                metrics(List.of(one(1, 1, 1), one(0, 1, 2)), List.of(one(1, 1, 3), one(2, 1, 5), one(0, 1, 7)));

        assertThat(metrics).containsEntry("h.rank.1", 3.0).containsEntry("h.rank.3", 7.0);
    }

    @Test
    void lengthsShowACollapse() {
        Map<String, Double> metrics = metrics(List.of(one(0, 1, 0), one(0, 64, 0)));

        assertThat(metrics)
                .containsEntry("length.min", 1.0)
                .containsEntry("length.max", 64.0)
                .containsEntry("length.mean", 32.5)
                .containsEntry("tokens", 65.0);
    }

    @Test
    void everyScorerHasItsMeanOverTheCompletionsThatItScored() {
        Map<String, Double> metrics = metrics(List.of(
                new One(1, 1, 0, 11, Map.of("tests", 1.0, "length", 0.5)), new One(0, 1, 0, 11, Map.of("tests", 0.5))));

        assertThat(metrics).containsEntry("score.tests", 0.75).containsEntry("score.length", 0.5);
    }

    @Test
    void stalenessIsCountedInPowersOfTwo() {
        Map<String, Double> metrics = metrics(
                List.of(new One(1, 1, 0.5, 11, Map.of()), new One(0, 1, 0.25, 8, Map.of())),
                List.of(new One(1, 1, 40, 0, Map.of()), new One(0, 1, 60, 0, Map.of())));

        assertThat(metrics)
                .containsEntry("staleness.max", 11.0)
                .containsEntry("staleness.histogram.0", 1.0)
                .containsEntry("staleness.histogram.2", 1.0)
                .containsEntry("staleness.histogram.8", 2.0);
    }

    @Test
    void theMeanLogRatioOfOthersSamplesMayBeNegativeButTheDivergenceIsNot() {
        Map<String, Double> metrics = metrics(List.of(one(0, 10, -3), one(1, 4, -1)));

        assertThat(metrics).containsEntry("h.mean", -2.0).doesNotContainKey("kl");
        assertThat(metrics.get("kl.reference")).isPositive();
    }

    private static One one(double reward, int length, double h) {
        return new One(reward, length, h, STEP - 1, Map.of());
    }

    @SafeVarargs
    private static Map<String, Double> metrics(List<One>... groups) {
        BatchMetrics metrics = new BatchMetrics("run", STEP);
        for (List<One> group : groups) {
            List<TrainingMember> members = new ArrayList<>();
            List<ScoredCompletion> scored = new ArrayList<>();
            for (One one : group) {
                float[] policy = new float[one.length()];
                policy[0] = (float) one.h();
                LogProbability reference = LogProbability.ofSum(0);
                scored.add(new ScoredCompletion(one.reward(), LogProbability.ofTokens(policy), reference, null));
                members.add(new TrainingMember(
                        "c", new int[one.length()], null, 0, 0.0, one.version(), one.reward(), one.scores(), false));
            }
            TrainingGroup whole = new TrainingGroup(
                    new LogPosition(0, 0), 0, "g", "p", "run", "r", "00", true, new int[] {1}, members);
            metrics.add(whole, scored, new Copg(0.1).evaluate(scored));
        }
        return metrics.finish(0.1, 1);
    }
}
