package io.counterflow.scorer.api;

import java.util.List;

/**
 * Gives completions a score.
 *
 * <p>A failure is never a low score: what could not be scored is {@link ScoreOutcome.Failed} or {@link ScoreOutcome.TimedOut}
 * (another try may succeed) or {@link ScoreOutcome.Rejected} (none ever will). An exception out of {@link #score} fails every
 * request of the batch. When and on which threads the methods are called is said on the package's page.
 */
@FunctionalInterface
public interface Scorer extends AutoCloseable {

    /**
     * Scores a batch.
     *
     * @param batch at least one request
     * @return one outcome for each request, in the order of the requests
     * @throws Exception when nothing in the batch could be scored
     */
    List<ScoreOutcome> score(List<ScoreRequest> batch) throws Exception;

    /**
     * Lets go of what the scorer holds; called once.
     *
     * @throws Exception when that failed; what was scored stands
     */
    @Override
    default void close() throws Exception {}
}
