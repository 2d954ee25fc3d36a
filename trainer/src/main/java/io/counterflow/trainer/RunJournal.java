package io.counterflow.trainer;

import io.counterflow.log.ledger.RunLedger;
import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.StepApplied;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.schemas.TrainingStep;
import io.counterflow.trainer.checkpoint.Checkpoint;
import io.counterflow.trainer.ledger.LedgerWriter;
import io.counterflow.trainer.step.StepFailedException;
import io.counterflow.trainer.step.StepOutcome;
import java.util.ArrayList;
import java.util.List;

/**
 * What a run says to the log, in the order in which it has to be there: a batch before it is applied, and a policy together with the outcome of its step.
 * Whatever can wait is written with what comes next, in one transaction. Not thread-safe.
 */
final class RunJournal {

    private final LedgerEntries entries;
    private final LedgerWriter writer;
    private final RunLedger ledger;
    private final TrainerListener listener;
    private final List<TrainingStep> unwritten = new ArrayList<>();

    /**
     * @param ledger what is in the log already; takes in what is written
     * @param listener is told of each policy once it is announced
     */
    RunJournal(LedgerEntries entries, LedgerWriter writer, RunLedger ledger, TrainerListener listener) {
        this.entries = entries;
        this.writer = writer;
        this.ledger = ledger;
        this.listener = listener;
    }

    /**
     * Writes a batch. When this returns it is decided, whatever happens to this process.
     *
     * @throws io.counterflow.log.ledger.LedgerException where the batch has a group that its pass has used; nothing is written
     */
    void decide(long step, StepPlanned plan) {
        ledger.requireNotUsed(plan);
        TrainingStep entry = entries.of(step, plan);
        unwritten.add(entry);
        List<Long> offsets = write(List.of());
        ledger.fold(entry, offsets.get(offsets.size() - 1));
    }

    /**
     * Takes what came of a step; it is written with what comes next.
     *
     * @return whether the ledger did not have it yet
     * @throws StepFailedException where the ledger says that something else came of it
     */
    boolean note(long step, StepOutcome outcome) {
        StepApplied now = entries.applied(outcome);
        StepApplied before = ledger.applied().get(step);
        if (before == null) {
            unwritten.add(entries.of(step, now));
            return true;
        }
        if (!RunLedger.sameOutcome(before, now)) {
            throw new StepFailedException("step " + step + " came out differently from the first time: loss "
                    + now.getLoss() + " where the ledger says " + before.getLoss()
                    + ". The run cannot be continued to the same bytes here; was it begun on another kind of machine,"
                    + " or by another version?");
        }
        return false;
    }

    /** Takes the checkpoint of the step whose outcome was noted last; it is written with that outcome. */
    void noteCheckpoint(long step, Checkpoint checkpoint) {
        int last = unwritten.size() - 1;
        StepApplied outcome = (StepApplied) unwritten.get(last).getEntry();
        unwritten.set(last, entries.of(step, entries.withCheckpoint(outcome, checkpoint)));
    }

    /** Announces a policy together with its step's outcome, so the ledger tells whether it was. */
    void announce(long step, Checkpoint checkpoint, String weightsSha256, boolean evaluate) {
        write(List.of(entries.policy(step, checkpoint, weightsSha256, evaluate, false)));
    }

    /** Writes the run's last entry and announces its last policy. */
    void end(long step, Checkpoint checkpoint, String weightsSha256) {
        unwritten.add(entries.of(step, entries.ended(checkpoint, weightsSha256)));
        write(List.of(entries.policy(step, checkpoint, weightsSha256, true, true)));
    }

    /** Writes what is due; does nothing where nothing is. */
    void flush() {
        write(List.of());
    }

    private List<Long> write(List<PolicyVersion> policies) {
        if (unwritten.isEmpty() && policies.isEmpty()) {
            return List.of();
        }
        List<Long> offsets = writer.append(unwritten, policies);
        for (int i = 0; i < unwritten.size(); i++) {
            if (unwritten.get(i).getEntry() instanceof StepApplied) {
                ledger.fold(unwritten.get(i), offsets.get(i));
            }
        }
        unwritten.clear();
        policies.forEach(listener::policyPublished);
        return offsets;
    }
}
