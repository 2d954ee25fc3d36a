package io.counterflow.scorer.service;

import io.counterflow.schemas.Score;

/** Is told what a {@link ScoringService} does. Called from its stream threads: thread-safe and quick, please. */
@FunctionalInterface
public interface ScoringListener {

    /** Hears nothing. */
    ScoringListener NONE = score -> {};

    /** A score was handed to the log; it is committed with the next commit, and may be handed over again after a crash. */
    void scored(Score score);
}
