package io.counterflow.trainer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.ledger.LedgerException;
import io.counterflow.log.ledger.LedgerReader;
import io.counterflow.log.ledger.RunLedger;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.trainer.ledger.LedgerWriter;
import io.counterflow.trainer.step.StepFailedException;
import io.counterflow.trainer.step.StepOutcome;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(SharedBroker.class)
class RunJournalTest {

    private static EmbeddedLog embedded;

    @BeforeAll
    static void shareBroker(EmbeddedLog shared) {
        embedded = shared;
    }

    @Test
    void aBatchWithAGroupThatItsPassHasUsedIsNotDecidedAndTheLogDoesNotHaveIt() {
        try (Log log = log("journal-twice-");
                LedgerWriter writer = new LedgerWriter(log, "twice")) {
            RunJournal journal = journal("twice", writer);
            journal.decide(1, batch("a", "b"));

            assertThatThrownBy(() -> journal.decide(2, batch("c", "b")))
                    .isInstanceOf(LedgerException.class)
                    .hasMessageContaining("group b at partition 0, offset 1 was used in step 1");
            journal.flush();

            assertThat(new LedgerReader(log).read("twice").planned().values()).containsExactly(batch("a", "b"));
        }
    }

    @Test
    void anOutcomeIsInTheLogWithWhatComesNextAndAnotherOneOfTheSameStepIsRefused() {
        try (Log log = log("journal-outcomes-");
                LedgerWriter writer = new LedgerWriter(log, "outcomes")) {
            RunJournal journal = journal("outcomes", writer);
            journal.decide(1, batch("a"));

            assertThat(journal.note(1, new StepOutcome(0.5, 1, Map.of()))).isTrue();
            assertThat(new LedgerReader(log).read("outcomes").applied()).isEmpty();
            journal.decide(2, batch("b"));

            assertThat(new LedgerReader(log).read("outcomes").applied()).containsOnlyKeys(1L);
            assertThat(journal.note(1, new StepOutcome(0.5, 1, Map.of()))).isFalse();
            assertThatThrownBy(() -> journal.note(1, new StepOutcome(Math.nextUp(0.5), 1, Map.of())))
                    .isInstanceOf(StepFailedException.class)
                    .hasMessageContaining("step 1 came out differently from the first time");
        }
    }

    private static Log log(String prefix) {
        Log log = new Log(new LogConfig(
                embedded.config().bootstrapServers(), embedded.config().schemaRegistryUrl(), prefix, 4, 1, Map.of()));
        log.createTopics();
        return log;
    }

    private static RunJournal journal(String run, LedgerWriter writer) {
        return new RunJournal(
                new LedgerEntries(run, () -> Instant.EPOCH), writer, new RunLedger(run), TrainerListener.none());
    }

    /** Groups at the offset of their letter. */
    private static StepPlanned batch(String... groups) {
        return StepPlanned.newBuilder()
                .setGroups(Stream.of(groups)
                        .map(group -> new GroupPosition(0, (long) group.charAt(0) - 'a', group))
                        .toList())
                .setEpoch(0)
                .setSeed(1)
                .setLearningRate(1e-3)
                .setPlannedAt(Instant.EPOCH)
                .build();
    }
}
