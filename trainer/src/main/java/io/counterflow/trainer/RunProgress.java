package io.counterflow.trainer;

import io.counterflow.log.LogPosition;
import io.counterflow.schemas.GroupPosition;
import io.counterflow.schemas.SetAside;
import io.counterflow.schemas.StepPlanned;
import io.counterflow.trainer.batch.SeenGroups;
import io.counterflow.trainer.batch.SourceRange;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** How far a run has come in its source: follows from the batches in the ledger alone. Not thread-safe. */
public final class RunProgress {

    private final SortedMap<Integer, Long> next = new TreeMap<>();
    private final SeenGroups seen = new SeenGroups();
    private long used;

    /** Takes in the next batch. */
    public void add(StepPlanned plan) {
        plan.getGroups().forEach(this::add);
        plan.getSetAside().stream().map(SetAside::getPosition).forEach(this::add);
    }

    private void add(GroupPosition group) {
        used++;
        seen.note(group.getGroupId(), new LogPosition(group.getPartition(), group.getOffset()));
        next.merge(group.getPartition(), group.getOffset() + 1, Math::max);
    }

    /** The ranges with what was used cut off their beginning. */
    List<SourceRange> remaining(List<SourceRange> ranges) {
        return ranges.stream()
                .map(range -> new SourceRange(
                        range.partition(),
                        Math.max(range.from(), next.getOrDefault(range.partition(), range.from())),
                        range.until()))
                .toList();
    }

    /** By partition, the offset after the newest group used or set aside. */
    public SortedMap<Integer, Long> positions() {
        return new TreeMap<>(next);
    }

    SeenGroups seen() {
        return seen;
    }

    /** Groups used and set aside, all epochs together. */
    public long used() {
        return used;
    }
}
