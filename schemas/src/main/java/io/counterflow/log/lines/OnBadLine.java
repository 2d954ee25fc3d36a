package io.counterflow.log.lines;

/** What to do with a file that has broken lines. */
public enum OnBadLine {
    /** Take nothing of it. */
    FAIL,
    /** Take the other lines, and report the broken ones. */
    SKIP
}
