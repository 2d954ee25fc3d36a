package io.counterflow.scorer.unittests;

/** What a program and its tests share. */
public enum Isolation {
    /** Nothing: each has a process of its own, and the verdict is made in the tests' one. */
    PROCESS,
    /** A process: faster, but a program that is written to can forge its verdict. */
    SHARED
}
