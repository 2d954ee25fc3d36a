package io.counterflow.cli.check;

import java.util.Locale;

/** What a configuration is for, which decides what must be in it and what of it is looked at. */
public enum Scope {
    /** Whichever command; what only {@code run} asks for is a remark. */
    FILE,
    /** A whole run in one process. */
    RUN,
    /** Sampling and scoring in one process, without training. */
    SAMPLE,
    /** The producer alone. */
    PRODUCER,
    /** Scorers and assembler alone. */
    REWARD_SCORER,
    /** The trainer alone. */
    TRAINER,
    /** Scorers of past completions. */
    RESCORE;

    /** As the command's name. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    boolean wholeRun() {
        return this == RUN || this == SAMPLE;
    }

    boolean scores() {
        return this != PRODUCER && this != TRAINER;
    }

    boolean samples() {
        return this == FILE || wholeRun() || this == PRODUCER;
    }

    boolean trains() {
        return this == FILE || wholeRun() || this == TRAINER;
    }
}
