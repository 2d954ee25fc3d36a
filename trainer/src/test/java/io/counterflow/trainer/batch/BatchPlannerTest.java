package io.counterflow.trainer.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.LogPosition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
        GroupAdmission admission = new GroupAdmission("run", 100, 100, false, 3, RunRecipe.any());
        BatchPlanner planner =
                planner(Groups.source(1, Groups.group("old", 0, 5, 7), Groups.group("new", 1, 6, 7)), admission, 1);

        PlannedBatch batch = planner.collect(10, Duration.ZERO).orElseThrow();

        assertThat(batch.groups()).extracting(TrainingGroup::groupId).containsExactly("new");
        assertThat(batch.setAside()).extracting("cause").containsExactly("staleness 4 is above the limit of 3");
    }

    @Test
    void withoutALimitNothingIsTooStaleAndOthersPoliciesHaveNoStaleness() {
        TrainingGroup ancient = Groups.group("a", 0, 0, 7);

        assertThat(new GroupAdmission("run", 100, 100, false, null, RunRecipe.any()).refusal(ancient, 1_000_000))
                .isEmpty();
        assertThat(new GroupAdmission("another", 100, 100, false, 0, RunRecipe.any()).refusal(ancient, 1_000_000))
                .isEmpty();
    }

    @Test
    void aTokenThatTheModelDoesNotKnowStopsEverything() {
        GroupAdmission admission = new GroupAdmission("run", 50, 100, false, null, RunRecipe.any());

        assertThatThrownBy(() -> admission.refusal(Groups.group("a", 17, 0, 49, 50), 1))
                .isInstanceOf(UnfitLogException.class)
                .hasMessageContaining("partition 0, offset 17")
                .hasMessageContaining("completion a-0 has token 50, but the vocabulary has 50 tokens");
    }

    @Test
    void whatCannotBeTrainedOnIsSetAside() {
        GroupAdmission admission = new GroupAdmission("run", 50, 5, false, null, RunRecipe.any());
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
    void aMaskOfAnotherLengthOrOfNothingIsSetAside() {
        GroupAdmission admission = new GroupAdmission("run", 50, 50, false, null, RunRecipe.any());

        assertThat(admission.refusal(masked(List.of(true, false, true)), 1))
                .hasValue("completion c has 2 tokens and a mask of another length");
        assertThat(admission.refusal(masked(List.of(false, false)), 1))
                .hasValue("completion c has no token that the policy wrote");
        assertThat(admission.refusal(masked(List.of(true, false)), 1)).isEmpty();
    }

    private static TrainingGroup masked(List<Boolean> mask) {
        TrainingMember member = new TrainingMember(
                "c", new int[] {3, 4}, null, -1, null, 0, 1, Map.of(), false, CompletionMask.of(mask));
        return new TrainingGroup(
                new LogPosition(1, 3),
                0,
                "g",
                "p",
                "run",
                "r",
                "00",
                true,
                new int[] {1},
                List.of(member, Groups.member("d", 0, 1, 3)));
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

        assertThatThrownBy(() -> new GroupAdmission("run", 50, 50, true, null, RunRecipe.any()).refusal(group, 1))
                .hasMessageContaining("completion c at partition 1, offset 3");
    }

    @Test
    void theFirstGroupThatIsUsedDecidesWhichRecipeARunLearnsFromAndOthersAreSetAsideAndSaidOnce() {
        List<String> remarks = new ArrayList<>();
        RunRecipe recipe = RunRecipe.undecided(remarks::add);
        GroupAdmission admission = new GroupAdmission("run", 50, 5, false, null, recipe);
        BatchPlanner planner = planner(
                Groups.source(
                        1,
                        rewarded("a", "default", "1111111111", 3, 4, 5, 6),
                        rewarded("b", "default", "2222222222", 3),
                        rewarded("c", "default", "1111111111", 3),
                        rewarded("d", "default", "1111111111", 3),
                        rewarded("e", "default", "2222222222", 3)),
                admission,
                2);

        PlannedBatch batch = planner.collect(1, Duration.ZERO).orElseThrow();

        assertThat(batch.groups()).extracting(TrainingGroup::groupId).containsExactly("b", "e");
        assertThat(batch.setAside())
                .extracting("cause")
                .as("one that cannot be used decides nothing")
                .containsExactly(
                        "prompt and completion a-0 have 6 tokens; the policy's context is 5",
                        "was rewarded by recipe default@11111111, but this run learns from default@22222222",
                        "was rewarded by recipe default@11111111, but this run learns from default@22222222");
        assertThat(remarks).singleElement().asString().contains("default@11111111", "begin another run");
        assertThat(recipe.sha256()).hasValue("2222222222");
    }

    @Test
    void aRunThatGoesOnKeepsTheRecipeOfItsLedgerAndOneOfBeforeTookAny() {
        TrainingGroup group = rewarded("a", "default", "1111111111", 3);

        assertThat(RunRecipe.of("2222222222", remark -> {}).refusal(group))
                .hasValue("was rewarded by recipe default@11111111, but this run learns from @22222222");
        assertThat(RunRecipe.of("1111111111", remark -> {}).refusal(group)).isEmpty();
        assertThat(RunRecipe.any().refusal(group)).isEmpty();
        assertThat(RunRecipe.any().sha256()).isEmpty();
    }

    @Test
    void aSourceNamesARecipeByItsNameOrByItsContent() {
        TrainingGroup group = rewarded("a", "default", "1a2b3c4d5e", 3);

        assertThat(new GroupFilter(Set.of(), "default").accepts(group)).isTrue();
        assertThat(new GroupFilter(Set.of(), "default@1a2b3c4d").accepts(group)).isTrue();
        assertThat(new GroupFilter(Set.of(), "default@1a2b3c4f").accepts(group)).isFalse();
        assertThat(new GroupFilter(Set.of(), "def").accepts(group)).isFalse();
    }

    private static TrainingGroup rewarded(String id, String recipe, String sha256, int... tokens) {
        TrainingGroup group = Groups.group(id, id.charAt(0), 0, tokens);
        return new TrainingGroup(
                group.position(), 0, id, "p", "run", recipe, sha256, true, group.promptTokenIds(), group.members());
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
