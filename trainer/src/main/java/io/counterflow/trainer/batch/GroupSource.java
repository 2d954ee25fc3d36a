package io.counterflow.trainer.batch;

import java.time.Duration;
import java.util.Optional;

/** Gives out groups one after the other; not thread-safe. */
public interface GroupSource extends AutoCloseable {

    /**
     * The next group, or empty when none came within the time, or at the end of an epoch or of the source.
     *
     * @throws io.counterflow.log.LogException when records that should follow are not in the log any more
     */
    Optional<TrainingGroup> next(Duration wait);

    /** Passes over the source that are complete. */
    long epoch();

    /** Whether nothing will ever follow. */
    boolean ended();

    /** Whether groups of two epochs would meet in one batch if it went on; the batch is closed instead. */
    boolean betweenEpochs();

    @Override
    void close();
}
