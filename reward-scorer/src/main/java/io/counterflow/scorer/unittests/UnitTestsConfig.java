package io.counterflow.scorer.unittests;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.time.Duration;
import java.util.List;

/**
 * Configuration of the {@code unit-tests} scorer.
 *
 * @param value whether the score is the share of tests passed, or 1 only when all are
 * @param isolation what a program and its tests share
 * @param unsplittableTests what becomes of tests that cannot be split from their program
 * @param testLimit wall-clock time that one test may take
 * @param programLimit wall-clock time that all tests of one program may take together
 * @param compileLimit wall-clock time that the compiler may take for a batch
 * @param heapMegabytes heap of a Java worker
 * @param maxProgramCharacters longest program that is run
 * @param allowUnsandboxed whether to run programs under process limits alone where this machine offers no isolation
 */
public record UnitTestsConfig(
        @JsonPropertyDescription("share: the share of tests passed; all: 1 when all passed, else 0. Default: share.")
        Value value,

        @JsonPropertyDescription(
                "process: a program and its tests share no process, so that it cannot forge its verdict; shared: they share one,"
                        + " which is faster. Default: process.")
        Isolation isolation,

        @JsonPropertyDescription(
                "Tests that reach too far into their program to be split from it. shared: they run in its process,"
                        + " and the details say so; rejected: they do not run. Default: shared.")
        UnsplittableTests unsplittableTests,

        @JsonPropertyDescription("Wall-clock time that one test may take; longer, it has failed. Default: 5s.")
        Duration testLimit,

        @JsonPropertyDescription(
                "Wall-clock time that all tests of one program may take together; what is left then has failed. Default: 60s.")
        Duration programLimit,

        @JsonPropertyDescription("Wall-clock time that compiling a batch may take. Default: 30s.")
        Duration compileLimit,

        @JsonPropertyDescription("Heap of a Java worker, in MiB; a test that needs more has failed. Default: 256.")
        Integer heapMegabytes,

        @JsonPropertyDescription("Longest program that is run; a longer one is rejected. Default: 200000.")
        Integer maxProgramCharacters,

        @JsonPropertyDescription(
                "Run programs under process limits alone where this machine offers no isolation. Default: false.")
        Boolean allowUnsandboxed) {

    /** What the score is. */
    public enum Value {
        /** The share of tests passed. */
        SHARE,
        /** 1 when all tests passed, else 0. */
        ALL
    }

    /** Fills in defaults. */
    public UnitTestsConfig {
        value = requireNonNullElse(value, Value.SHARE);
        isolation = requireNonNullElse(isolation, Isolation.PROCESS);
        unsplittableTests = requireNonNullElse(unsplittableTests, UnsplittableTests.SHARED);
        testLimit = requireNonNullElse(testLimit, Duration.ofSeconds(5));
        programLimit = requireNonNullElse(programLimit, Duration.ofSeconds(60));
        compileLimit = requireNonNullElse(compileLimit, Duration.ofSeconds(30));
        heapMegabytes = requireNonNullElse(heapMegabytes, 256);
        maxProgramCharacters = requireNonNullElse(maxProgramCharacters, 200_000);
        allowUnsandboxed = requireNonNullElse(allowUnsandboxed, false);
        for (Duration limit : List.of(testLimit, programLimit, compileLimit)) {
            if (limit.isNegative() || limit.isZero()) {
                throw new IllegalArgumentException("testLimit " + testLimit + ", programLimit " + programLimit
                        + " and compileLimit " + compileLimit + " must be positive");
            }
        }
        if (heapMegabytes < 32 || maxProgramCharacters < 1) {
            throw new IllegalArgumentException("heapMegabytes " + heapMegabytes
                    + " must be at least 32, maxProgramCharacters " + maxProgramCharacters + " at least 1");
        }
    }

    /** All defaults. */
    public static UnitTestsConfig defaults() {
        return new UnitTestsConfig(null, null, null, null, null, null, null, null, null);
    }
}
