package io.counterflow.scorer.assembler;

import io.counterflow.schemas.ScoredGroup;

/** Is told what an {@link AssemblerService} does. Called from its stream threads: thread-safe and quick, please. */
public interface AssemblerListener {

    /** Hears nothing. */
    AssemblerListener NONE = new AssemblerListener() {
        @Override
        public void closed(ScoredGroup group) {}

        @Override
        public void givenUp(ScoredGroup group, String cause) {}
    };

    /** A group was handed to the log; it is committed with the next commit, and may be handed over again after a crash. */
    void closed(ScoredGroup group);

    /** A group has too few scored members to learn from, and went to the dead letters. */
    void givenUp(ScoredGroup group, String cause);
}
