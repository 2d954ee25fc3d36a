package io.counterflow.trainer.batch;

import io.counterflow.schemas.SetAside;
import java.util.List;

/**
 * The groups of one optimizer step.
 *
 * @param groups in the order in which they are used; never empty
 * @param setAside groups passed over since the batch before
 * @param epoch passes over the source that were complete when the batch was made
 */
public record PlannedBatch(List<TrainingGroup> groups, List<SetAside> setAside, long epoch) {

    public PlannedBatch {
        groups = List.copyOf(groups);
        setAside = List.copyOf(setAside);
        if (groups.isEmpty()) {
            throw new IllegalArgumentException("a batch without groups");
        }
    }
}
