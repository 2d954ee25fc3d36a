package io.counterflow.log.transfer;

/** Where imported records go. */
public enum Positions {
    /** To the end of the topic, by their keys. A ledger that names their old positions does not find them. */
    APPEND,
    /**
     * To the partition and the offset that they had, so that a run can be replayed on them. The topic must be empty, or
     * hold just what comes before.
     */
    KEEP
}
