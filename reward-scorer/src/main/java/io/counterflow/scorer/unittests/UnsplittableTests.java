package io.counterflow.scorer.unittests;

/** What becomes of tests that reach into their program so far that the two cannot be kept in processes of their own. */
public enum UnsplittableTests {
    /** They run in one process with their program; the details of the score say so. */
    SHARED,
    /** Their programs are rejected. */
    REJECTED
}
