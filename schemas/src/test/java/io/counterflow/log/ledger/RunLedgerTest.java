package io.counterflow.log.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.RunEnded;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.SetAside;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class RunLedgerTest {

    private long clock;

    @BeforeAll
    static void trustTheRecords() {
        System.setProperty("org.apache.avro.SERIALIZABLE_PACKAGES", "io.counterflow.schemas");
    }

    @Test
    void writtenAgainButForItsTimeAnEntryCountsOnce() {
        RunLedger once = ledger("r", started("c"), planned(1, 7, 0.1), applied(1, 0.5), ended(1));
        RunLedger twice =
                ledger("r", started("c"), planned(1, 7, 0.1), applied(1, 0.5), applied(1, 0.5), ended(1), ended(1));

        assertThat(twice.canonicalSha256()).isEqualTo(once.canonicalSha256());
        assertThat(twice.lastPlanned()).isEqualTo(1);
        assertThat(twice.plannedOffset(1)).isEqualTo(1);
    }

    @Test
    void whatIsThereAlreadyIsKnownAsThat() {
        RunLedger ledger = new RunLedger("r");
        for (TrainingStep entry : List.of(started("c"), planned(1, 7, 0.1), applied(1, 0.5), ended(1))) {
            assertThat(ledger.fold(entry, 0)).isTrue();
            assertThat(ledger.fold(entry, 1)).isFalse();
        }
        assertThat(ledger.lastApplied()).isEqualTo(1);
    }

    @Test
    void theCanonicalFormForgetsRunAndTimesButNothingElse() {
        String sha256 =
                ledger("r", started("c"), planned(1, 7, 0.1), applied(1, 0.5)).canonicalSha256();

        assertThat(ledger("s", started("c"), planned(1, 7, 0.1), applied(1, 0.5))
                        .canonicalSha256())
                .isEqualTo(sha256);
        assertThat(ledger("r", started("d"), planned(1, 7, 0.1), applied(1, 0.5))
                        .canonicalSha256())
                .isNotEqualTo(sha256);
        assertThat(ledger("r", started("c"), planned(1, 8, 0.1), applied(1, 0.5))
                        .canonicalSha256())
                .isNotEqualTo(sha256);
        assertThat(ledger("r", started("c"), planned(1, 7, 0.2), applied(1, 0.5))
                        .canonicalSha256())
                .isNotEqualTo(sha256);
        assertThat(ledger("r", started("c"), planned(1, 7, 0.1), applied(1, Math.nextUp(0.5)))
                        .canonicalSha256())
                .isNotEqualTo(sha256);
        assertThat(ledger("r", started("c"), planned(1, 7, 0.1), applied(1, 0.5), ended(1))
                        .canonicalSha256())
                .as("how it ended")
                .isNotEqualTo(sha256);
        assertThat(ledger("r", started("c"), planned(1, 7, 0.1, "even"), applied(1, 0.5))
                        .canonicalSha256())
                .as("the recipe, where it is named")
                .isNotEqualTo(sha256)
                .isNotEqualTo(ledger("r", started("c"), planned(1, 7, 0.1, "odd"), applied(1, 0.5))
                        .canonicalSha256());
    }

    @Test
    void aLedgerHasTheEntriesThatWereFolded() {
        RunLedger ledger =
                ledger("r", started("c"), planned(1, 7, 0.1), applied(1, 0.5), planned(2, 8, 0.1, "even"), ended(2));

        assertThat(ledger.runId()).isEqualTo("r");
        assertThat(ledger.started()).map(RunStarted::getConfigurationSha256).hasValue("c");
        assertThat(ledger.planned()).containsOnlyKeys(1L, 2L);
        assertThat(ledger.applied()).containsOnlyKeys(1L);
        assertThat(ledger.ended()).map(RunEnded::getWeightsSha256).hasValue("v");
        assertThat(ledger.endedStep()).isEqualTo(2);
        assertThat(ledger.recipeSha256()).as("of the newest batch").hasValue("even");
        assertThat(ledger("r").recipeSha256()).isEmpty();
        assertThat(ledger("r", planned(1, 7, 0.1)).recipeSha256()).isEmpty();
    }

    @Test
    void causesAreCountedWithoutTheNumbersThatOneGroupAloneHas() {
        assertThat(RunLedger.kindOf(new SetAside(at(4, "a"), "3 of 4 completions lack a score")))
                .isEqualTo("# of # completions lack a score");
        assertThat(RunLedger.kindOf(new SetAside(at(4, "a"), "rewarded by recipe even@11223344")))
                .as("the hash of a recipe is its name")
                .isEqualTo("rewarded by recipe even@11223344");
    }

    @Test
    void aContradictionIsNamedWithItsOffset() {
        assertThatThrownBy(() -> ledger("r", started("c"), planned(1, 7, 0.1), planned(1, 8, 0.1)))
                .isInstanceOf(LedgerException.class)
                .hasMessage("the ledger of run r contradicts itself at offset 2: two different batches for step 1");
        assertThatThrownBy(() -> ledger("r", started("c"), planned(2, 7, 0.1)))
                .hasMessageContaining("step 2 where step 1 is due");
        assertThatThrownBy(() -> ledger("r", planned(1, 7, 0.1), applied(1, 0.5), applied(1, 0.6)))
                .hasMessageContaining("two different outcomes of step 1");
        assertThatThrownBy(() -> ledger("r", planned(1, 7, 0.1), applied(2, 0.5)))
                .hasMessageContaining("an outcome of step 2, which was not planned");
        assertThatThrownBy(() -> ledger("r", planned(1, 7, 0.1), ended(1), ended(2)))
                .hasMessageContaining("two different ends");
    }

    @Test
    void aGroupThatIsLearnedFromTwiceInOnePassIsAContradiction() {
        assertThatThrownBy(() ->
                        ledger("r", batch(1, 0, List.of(at(4, "a"), at(5, "b"))), batch(2, 0, List.of(at(5, "b")))))
                .isInstanceOf(LedgerException.class)
                .hasMessage("the ledger of run r contradicts itself at offset 1: group b at partition 2, offset 5 was"
                        + " used in step 1 of the same pass already");
        assertThatThrownBy(() -> ledger("r", batch(1, 0, List.of(at(4, "a"))), batch(2, 0, List.of(at(9, "a")))))
                .as("the same group at another place")
                .hasMessageContaining("group a at partition 2, offset 9 was used in step 1");
        assertThatThrownBy(() -> ledger("r", batch(1, 0, List.of(at(4, "a"), at(4, "a")))))
                .hasMessageContaining("group a at partition 2, offset 4 stands in it twice");
        assertThatThrownBy(() ->
                        ledger("r", batch(1, 0, List.of(at(4, "a")), at(5, "b")), batch(2, 0, List.of(at(5, "b")))))
                .as("set aside, and used later")
                .hasMessageContaining("group b at partition 2, offset 5 was used in step 1");
        assertThatThrownBy(() ->
                        ledger("r", batch(1, 1, List.of(at(4, "a"))), batch(2, 1, List.of(at(6, "c"), at(4, "a")))))
                .as("in a later pass, too")
                .hasMessageContaining("group a");
    }

    @Test
    void aGroupMayBeUsedOnceInEachPassAndADuplicateSetAside() {
        RunLedger ledger = ledger(
                "r",
                batch(1, 0, List.of(at(4, "a"), at(5, "b"))),
                batch(2, 0, List.of(at(6, "c")), at(7, "a")),
                batch(3, 1, List.of(at(5, "b"), at(4, "a")), at(8, "d")),
                batch(4, 1, List.of(at(6, "c")), at(8, "d")));

        assertThat(ledger.lastPlanned()).isEqualTo(4);
        StepPlanned again = (StepPlanned) batch(5, 1, List.of(at(6, "c"))).getEntry();
        assertThatThrownBy(() -> ledger.requireNotUsed(again))
                .isInstanceOf(LedgerException.class)
                .hasMessageContaining("the batch after step 4 of run r is not decided: group c");
        ledger.requireNotUsed((StepPlanned) batch(5, 2, List.of(at(6, "c"))).getEntry());
    }

    private static GroupPosition at(long offset, String groupId) {
        return new GroupPosition(2, offset, groupId);
    }

    private TrainingStep batch(long step, long epoch, List<GroupPosition> groups, GroupPosition... setAside) {
        return entry(
                step,
                StepPlanned.newBuilder()
                        .setGroups(groups)
                        .setSetAside(Stream.of(setAside)
                                .map(position -> new SetAside(position, "why"))
                                .toList())
                        .setEpoch(epoch)
                        .setSeed(3)
                        .setLearningRate(0.1)
                        .setPlannedAt(now())
                        .build());
    }

    @Test
    void anotherVersionMayMeasureMoreButNothingElse() {
        StepApplied before = outcome(0.5, Map.of("kl", 0.1));

        assertThat(RunLedger.sameOutcome(before, outcome(0.5, Map.of("kl", 0.1, "length.max", 9.0))))
                .isTrue();
        assertThat(RunLedger.sameOutcome(outcome(0.5, Map.of("kl", 0.1, "length.max", 9.0)), before))
                .isTrue();
        assertThat(RunLedger.sameOutcome(before, outcome(0.5, Map.of("kl", Math.nextUp(0.1)))))
                .isFalse();
        assertThat(RunLedger.sameOutcome(before, outcome(Math.nextUp(0.5), Map.of("kl", 0.1))))
                .isFalse();
    }

    private static RunLedger ledger(String runId, TrainingStep... entries) {
        RunLedger ledger = new RunLedger(runId);
        for (int i = 0; i < entries.length; i++) {
            ledger.fold(entries[i], i);
        }
        return ledger;
    }

    private Instant now() {
        return Instant.ofEpochSecond(clock++);
    }

    private TrainingStep started(String configuration) {
        return entry(
                0,
                RunStarted.newBuilder()
                        .setSourceTopic("scored-groups")
                        .setConfiguration(configuration)
                        .setConfigurationSha256(configuration)
                        .setInitialCheckpoint("somewhere " + clock)
                        .setInitialWeightsSha256("w")
                        .setSoftwareVersion("1")
                        .setStartedAt(now())
                        .build());
    }

    private TrainingStep planned(long step, long offset, double rate) {
        return planned(step, offset, rate, null);
    }

    private TrainingStep planned(long step, long offset, double rate, String recipe) {
        return entry(
                step,
                StepPlanned.newBuilder()
                        .setGroups(List.of(new GroupPosition(2, offset, "g" + offset)))
                        .setSetAside(List.of())
                        .setEpoch(0)
                        .setSeed(3)
                        .setLearningRate(rate)
                        .setRecipeSha256(recipe)
                        .setPlannedAt(now())
                        .build());
    }

    private TrainingStep applied(long step, double loss) {
        return entry(step, outcome(loss, Map.of("kl", 0.1)));
    }

    private StepApplied outcome(double loss, Map<String, Double> metrics) {
        return StepApplied.newBuilder()
                .setLoss(loss)
                .setGradientNorm(1)
                .setMetrics(metrics)
                .setAppliedAt(now())
                .build();
    }

    private TrainingStep ended(long step) {
        return entry(
                step,
                RunEnded.newBuilder()
                        .setCheckpoint("somewhere " + clock)
                        .setWeightsSha256("v")
                        .setEndedAt(now())
                        .build());
    }

    private static TrainingStep entry(long step, Object content) {
        return TrainingStep.newBuilder()
                .setRunId("r")
                .setStep(step)
                .setEntry(content)
                .build();
    }
}
