package io.counterflow.producer.prompts;

/** What to do with a file that has broken lines. */
public enum OnBadLine {
    /** Import nothing of it. */
    FAIL,
    /** Import the other lines, and report the broken ones. */
    SKIP
}
