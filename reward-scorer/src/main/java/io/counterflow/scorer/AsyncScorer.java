package io.counterflow.scorer;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreRequest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Scores one completion at a time, without making its caller wait. Thread-safe. */
public interface AsyncScorer extends AutoCloseable {

    /**
     * An outcome and how long it took.
     *
     * @param outcome the outcome
     * @param duration time the scorer spent on the batch that the completion was in
     */
    record Timed(ScoreOutcome outcome, Duration duration) {}

    /**
     * Starts scoring. The future is completed normally whatever the scorer does; only {@link #close} and errors of this program
     * complete it exceptionally.
     */
    CompletableFuture<Timed> score(ScoreRequest request);

    /** Cancels what is not finished and closes the scorer. */
    @Override
    void close() throws Exception;
}
