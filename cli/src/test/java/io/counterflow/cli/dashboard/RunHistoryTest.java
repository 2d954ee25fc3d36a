package io.counterflow.cli.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.dashboard.LogState.RunState;
import io.counterflow.log.ledger.LedgerEntries;
import io.counterflow.schemas.TrainingStep;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;

class RunHistoryTest {

    private final RunHistory history = new RunHistory("r");
    private long offset;

    private void add(TrainingStep entry) {
        history.add(new ConsumerRecord<>("training-steps", 0, offset++, "r", entry));
    }

    @Test
    void anEntryThatIsWrittenAgainCountsOnce() {
        add(LedgerEntries.started("r", LedgerEntries.SETTINGS));
        add(LedgerEntries.planned("r", 1));
        add(LedgerEntries.planned("r", 1));
        add(LedgerEntries.applied("r", 1));
        add(LedgerEntries.applied("r", 1));

        RunState state = history.state();
        assertThat(state.objective()).isEqualTo("copg, β 0.1");
        assertThat(state.used()).isEqualTo(1);
        assertThat(state.step()).isEqualTo(1);
        assertThat(state.fault()).isEmpty();
    }

    @Test
    void aLedgerThatContradictsItselfIsShownAsThatUpToThere() {
        add(LedgerEntries.started("r", LedgerEntries.SETTINGS));
        add(LedgerEntries.planned("r", 1, 5));
        add(LedgerEntries.planned("r", 2, 5));
        add(LedgerEntries.planned("r", 3));

        RunState state = history.state();
        assertThat(state.used()).isEqualTo(1);
        assertThat(state.fault())
                .isEqualTo("the ledger of run r contradicts itself at offset 2: group g5 at partition 0, offset 5 was"
                        + " used in step 1 of the same pass already");
    }

    @Test
    void settingsThatCannotBeReadAreNotShownAsNone() {
        add(LedgerEntries.started("r", "{\"objective\":{\"name\":\"copg\"}}"));
        add(LedgerEntries.planned("r", 1));

        assertThat(history.state().fault())
                .startsWith("the settings of run r in the ledger cannot be read: objective.beta is missing");
        assertThat(history.state().used()).isEqualTo(1);
    }
}
