package io.counterflow.scorer.dataset;

/** What to do with a file that has broken lines. */
public enum OnBadLine {
    /** Use nothing of it. */
    FAIL,
    /** Use the other lines, and report the broken ones. */
    SKIP
}
