package io.counterflow.trainer.batch;

import io.counterflow.schemas.SetAside;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Collects batches from a source: so many groups, each once, those that may not be used set aside. A batch is smaller
 * only at the end of an epoch or of the source. Not thread-safe.
 */
public final class BatchPlanner {

    private final GroupSource source;
    private final Admission admission;
    private final SeenGroups seen;
    private final int groups;
    private final List<TrainingGroup> collected = new ArrayList<>();
    private final List<SetAside> setAside = new ArrayList<>();
    private long epoch;

    /**
     * @param seen groups that the run has used before; null where the source itself gives each group once an epoch
     * @param groups groups in a batch
     */
    public BatchPlanner(GroupSource source, Admission admission, SeenGroups seen, int groups) {
        this.source = source;
        this.admission = admission;
        this.seen = seen;
        this.groups = groups;
    }

    /**
     * The batch of a step, once it is complete.
     *
     * @param step the step it is for
     * @param wait how long to wait for more groups; what was collected is kept for the next call
     */
    public Optional<PlannedBatch> collect(long step, Duration wait) {
        long deadline = System.nanoTime() + wait.toNanos();
        while (true) {
            Optional<TrainingGroup> next = Optional.empty();
            if (!source.ended()) {
                long before = source.epoch();
                next = source.next(wait);
                if (next.isPresent() && collected.isEmpty()) {
                    epoch = before;
                }
            }
            next.ifPresent(group -> sort(group, step));
            boolean over = source.ended() || (next.isPresent() && source.betweenEpochs());
            if (collected.size() == groups || (over && !collected.isEmpty())) {
                PlannedBatch batch = new PlannedBatch(collected, setAside, epoch);
                collected.clear();
                setAside.clear();
                return Optional.of(batch);
            }
            if (source.ended() || (next.isEmpty() && System.nanoTime() >= deadline)) {
                return Optional.empty();
            }
        }
    }

    private void sort(TrainingGroup group, long step) {
        Optional<String> refusal = seen == null
                ? Optional.empty()
                : seen.note(group.groupId(), group.position())
                        .map(before -> "stands in the log twice; it was used at partition " + before.partition()
                                + ", offset " + before.offset());
        if (refusal.isEmpty()) {
            refusal = admission.refusal(group, step);
        }
        if (refusal.isPresent()) {
            setAside.add(SetAside.newBuilder()
                    .setPosition(group.ledgerPosition())
                    .setCause(refusal.get())
                    .build());
        } else {
            collected.add(group);
        }
    }

    /** Whether the source has ended and nothing is left to give out. */
    public boolean exhausted() {
        return source.ended() && collected.isEmpty();
    }
}
