package io.counterflow.producer;

import io.counterflow.log.Log;
import io.counterflow.log.ledger.LedgerTail;
import io.counterflow.log.ledger.RunSettings;
import io.counterflow.schemas.RunStarted;
import io.counterflow.schemas.SetAside;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import java.time.Instant;
import java.util.List;
import java.util.function.Consumer;

/** The groups that the trainer of a run has used or passed over, and how far it is, from its ledger. One thread. */
final class LedgerFeed implements AutoCloseable {

    private final String runId;
    private final LedgerTail tail;
    private int groupsInStep;

    /** @param since nothing of the run is older than this */
    LedgerFeed(Log log, String runId, Instant since) {
        this.runId = runId;
        this.tail = new LedgerTail(log, runId, since);
    }

    /**
     * Hands over the groups of every step once more, up to where the ledger is committed now.
     *
     * @throws io.counterflow.log.ledger.LedgerException for a ledger that contradicts itself, or settings that cannot be read
     */
    void replay(Consumer<String> group) {
        begun(tail.catchUp());
        tail.ledger().planned().values().forEach(plan -> handOver(plan, group));
    }

    /**
     * Hands over the groups of the steps that have arrived.
     *
     * @throws io.counterflow.log.ledger.LedgerException for a ledger that contradicts itself, or settings that cannot be read
     */
    void poll(Consumer<String> group) {
        List<TrainingStep> entries = tail.poll();
        begun(entries);
        for (TrainingStep entry : entries) {
            if (entry.getEntry() instanceof StepPlanned plan) {
                handOver(plan, group);
            }
        }
    }

    private void begun(List<TrainingStep> entries) {
        for (TrainingStep entry : entries) {
            if (entry.getEntry() instanceof RunStarted started) {
                groupsInStep = RunSettings.of(runId, started).groupsInStep();
            }
        }
    }

    private static void handOver(StepPlanned plan, Consumer<String> group) {
        plan.getGroups().forEach(used -> group.accept(used.getGroupId()));
        for (SetAside passedOver : plan.getSetAside()) {
            group.accept(passedOver.getPosition().getGroupId());
        }
    }

    /** The newest step that was decided; 0 where none was. */
    long newestStep() {
        return tail.ledger().lastPlanned();
    }

    /** Groups that a step takes; 0 before the run has begun. */
    int groupsInStep() {
        return groupsInStep;
    }

    @Override
    public void close() {
        tail.close();
    }
}
