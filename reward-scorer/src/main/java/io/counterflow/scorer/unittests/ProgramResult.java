package io.counterflow.scorer.unittests;

import java.util.List;

/** What became of one program. */
public sealed interface ProgramResult {

    /**
     * Its tests were run, or it does not compile.
     *
     * @param compiled whether it compiles; true for languages without a compiler
     * @param messages the compiler's words, empty when it compiles
     * @param tests its tests in source order; empty when it does not compile, or hides its tests
     * @param isolation what the program and its tests shared
     */
    record Ran(boolean compiled, String messages, List<TestResult> tests, Isolation isolation)
            implements ProgramResult {

        /** Copies the list. */
        public Ran {
            tests = List.copyOf(tests);
        }
    }

    /**
     * No program can be held against these tests: they do not compile by themselves, none of them ran, or they cannot be split
     * from their program where that is asked for.
     *
     * @param cause why, as a sentence
     */
    record UnusableTests(String cause) implements ProgramResult {}

    /**
     * The machinery broke down before there was a verdict.
     *
     * @param cause why
     */
    record Broken(String cause) implements ProgramResult {}
}
