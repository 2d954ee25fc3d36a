package io.counterflow.scorer.rescore;

/** Is told how far a rescoring has come, after every transaction, by the thread that rescores. */
@FunctionalInterface
public interface RescoreListener {

    /** Hears nothing. */
    RescoreListener NONE = (groups, summary) -> {};

    /**
     * A chunk is committed.
     *
     * @param groups groups that are done, of those that were to be made
     * @param summary what was done so far
     */
    void committed(long groups, RescoreSummary summary);
}
