package io.counterflow.trainer.step;

import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.objective.LogProbability;
import java.util.List;
import java.util.Optional;

/** Keeps what was computed under the reference policy. Losing any of it costs time and nothing else. */
public interface ReferenceCache extends AutoCloseable {

    /** The values of a group's members, if they are kept. */
    Optional<List<LogProbability>> get(TrainingGroup group);

    /** Keeps them. */
    void put(TrainingGroup group, List<LogProbability> values);

    @Override
    void close();

    /** Keeps nothing: for groups that are used once. */
    static ReferenceCache none() {
        return new ReferenceCache() {
            @Override
            public Optional<List<LogProbability>> get(TrainingGroup group) {
                return Optional.empty();
            }

            @Override
            public void put(TrainingGroup group, List<LogProbability> values) {
                // Nothing is kept.
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        };
    }
}
