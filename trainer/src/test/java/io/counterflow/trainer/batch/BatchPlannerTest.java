package io.counterflow.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.LogPosition;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BatchPlannerTest {

    private static final Admission ANYTHING = (group, step) -> Optional.empty();

    @Test
    void groupsComeInBatchesInTheOrderOfTheSourceAndTheLastMayBeSmaller() {
        BatchPlanner planner = planner(Groups.source(1, of("a"), of("b"), of("c")), ANYTHING, 2);

        assertThat(next(planner, 1)).containsExactly("a", "b");
        assertThat(next(planner, 2)).containsExactly("c");
        assertThat(planner.collect(3, Duration.ZERO)).isEmpty();
        assertThat(planner.exhausted()).isTrue();
    }

    @Test
    void twoEpochsNeverShareABatch() {
        BatchPlanner planner = new BatchPlanner(Groups.source(2, of("a"), of("b"), of("c")), ANYTHING, null, 2);

        assertThat(next(planner, 1)).containsExactly("a", "b");
        assertThat(next(planner, 2)).containsExactly("c");
        PlannedBatch third = planner.collect(3, Duration.ZERO).orElseThrow();
        assertThat(third.groups()).hasSize(2);
        assertThat(third.epoch()).isEqualTo(1);
    }

    @Test
    void anIncompleteBatchIsKeptUntilMoreArrives() {
        BatchPlanner planner = planner(Groups.source(1, of("a"), null, of("b"), of("c")), ANYTHING, 2);

        assertThat(planner.collect(1, Duration.ZERO)).isEmpty();
        assertThat(next(planner, 1)).containsExactly("a", "b");
    }

    @Test
    void aGroupSeenBeforeIsSetAsideWithThePlaceWhereItWasUsed() {
        BatchPlanner planner =
                planner(Groups.source(1, Groups.group("a", 4, 0, 5), Groups.group("a", 9, 0, 5), of("b")), ANYTHING, 2);

        PlannedBatch batch = planner.collect(1, Duration.ZERO).orElseThrow();

        assertThat(batch.groups()).extracting(TrainingGroup::groupId).containsExactly("a", "b");
        assertThat(batch.setAside()).singleElement().satisfies(aside -> {
            assertThat(aside.getPosition().getOffset()).isEqualTo(9);
            assertThat(aside.getCause()).isEqualTo("stands in the log twice; it was used at partition 0, offset 4");
        });
    }

    @Test
    void aGroupFromTooLongAgoIsSetAsideAndCounted() {
        GroupAdmission admission = new GroupAdmission("run", 100, 100, false, 3);
        BatchPlanner planner =
                planner(Groups.source(1, Groups.group("old", 0, 5, 7), Groups.group("new", 1, 6, 7)), admission, 1);

        PlannedBatch batch = planner.collect(10, Duration.ZERO).orElseThrow();

        assertThat(batch.groups()).extracting(TrainingGroup::groupId).containsExactly("new");
        assertThat(batch.setAside()).extracting("cause").containsExactly("staleness 4 is above the limit of 3");
    }

    @Test
    void withoutALimitNothingIsTooStaleAndOthersPoliciesHaveNoStaleness() {
        TrainingGroup ancient = Groups.group("a", 0, 0, 7);

        assertThat(new GroupAdmission("run", 100, 100, false, null).refusal(ancient, 1_000_000))
                .isEmpty();
        assertThat(new GroupAdmission("another", 100, 100, false, 0).refusal(ancient, 1_000_000))
                .isEmpty();
    }

    @Test
    void aTokenThatTheModelDoesNotKnowStopsEverything() {
        GroupAdmission admission = new GroupAdmission("run", 50, 100, false, null);

        assertThatThrownBy(() -> admission.refusal(Groups.group("a", 17, 0, 49, 50), 1))
                .isInstanceOf(UnfitLogException.class)
                .hasMessageContaining("partition 0, offset 17")
                .hasMessageContaining("completion a-0 has token 50, but the vocabulary has 50 tokens");
    }

    @Test
    void whatCannotBeTrainedOnIsSetAside() {
        GroupAdmission admission = new GroupAdmission("run", 50, 5, false, null);
        TrainingGroup lonely = new TrainingGroup(
                new LogPosition(0, 0),
                0,
                "g",
                "p",
                "run",
                "r",
                "00",
                true,
                new int[] {1},
                List.of(Groups.member("only", 0, 1, 3)));

        assertThat(admission.refusal(lonely, 1)).hasValue("has 1 completion with a reward; 2 are needed");
        assertThat(admission.refusal(Groups.group("a", 0, 0, 3, 4, 5, 6), 1))
                .hasValue("prompt and completion a-0 have 6 tokens; the policy's context is 5");
        assertThat(admission.refusal(Groups.group("a", 0, 0), 1)).hasValue("its completions are all empty");
    }

    @Test
    void anObjectiveWithoutItsBehaviourLogProbabilitiesStopsEverything() {
        TrainingGroup group = new TrainingGroup(
                new LogPosition(1, 3),
                0,
                "g",
                "p",
                "run",
                "r",
                "00",
                true,
                new int[] {1},
                List.of(
                        new TrainingMember("c", new int[] {3}, null, -1, null, 0, 1, Map.of(), false),
                        Groups.member("d", 0, 1, 3)));

        assertThatThrownBy(() -> new GroupAdmission("run", 50, 50, true, null).refusal(group, 1))
                .hasMessageContaining("completion c at partition 1, offset 3");
    }

    @Test
    void rangesAreReadAsTheyAreWritten() {
        assertThat(SourceRange.parse("3:10-200"))
                .isEqualTo(new SourceRange(3, 10, 200))
                .hasToString("3:10-200");
        assertThat(SourceRange.parse("0:5-").open()).isTrue();
        assertThat(SourceRange.parse("0:5-")).hasToString("0:5-");
        assertThatThrownBy(() -> SourceRange.parse("5-9")).hasMessageContaining("partition:from-until");
        assertThatThrownBy(() -> SourceRange.parse("0:9-5")).hasMessageContaining("backwards");
    }

    private static TrainingGroup of(String id) {
        return Groups.group(id, id.charAt(0), 0, 3);
    }

    private static BatchPlanner planner(GroupSource source, Admission admission, int groups) {
        return new BatchPlanner(source, admission, new SeenGroups(), groups);
    }

    private static List<String> next(BatchPlanner planner, long step) {
        return planner.collect(step, Duration.ZERO).orElseThrow().groups().stream()
                .map(TrainingGroup::groupId)
                .toList();
    }
}
