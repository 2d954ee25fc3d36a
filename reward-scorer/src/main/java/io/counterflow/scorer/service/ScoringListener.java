package io.counterflow.scorer.service;

import io.counterflow.schemas.Score;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.ScoreOutcome;
import java.time.Duration;
import java.util.List;

/** Is told what a {@link ScoringService} does. Called from its stream threads: thread-safe and quick, please. */
@FunctionalInterface
public interface ScoringListener {

    /** Hears nothing. */
    ScoringListener NONE = score -> {};

    /** A score was handed to the log; it is committed with the next commit, and may be handed over again after a crash. */
    void scored(Score score);

    /**
     * A call of a scorer has ended; called from the thread that made it. A completion that is tried again is in several calls.
     *
     * @param scorer whose call
     * @param duration how long it took
     * @param outcomes what came of each completion of the batch
     */
    default void called(ScorerId scorer, Duration duration, List<ScoreOutcome> outcomes) {}
}
