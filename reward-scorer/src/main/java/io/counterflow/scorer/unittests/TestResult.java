package io.counterflow.scorer.unittests;

import java.time.Duration;

/**
 * How one test ended.
 *
 * @param name its name
 * @param status how
 * @param message what it threw, empty where it passed
 * @param stdout the beginning of what it wrote
 * @param stderr the beginning of what it wrote to standard error
 * @param time how long it ran
 */
public record TestResult(String name, Status status, String message, String stdout, String stderr, Duration time) {

    /** Ways in which a test ends. Only the first is a pass. */
    public enum Status {
        /** It came to its end. */
        PASSED("passed"),
        /** It threw, or ended with an error. */
        FAILED("failed"),
        /** It ran longer than a test may. */
        TIME_LIMIT("passed its time limit"),
        /** It ended the process, or used more memory or processes than it may. */
        ENDED_PROCESS("ended the process"),
        /** An earlier test of the same program never ended. */
        NOT_RUN("was not run");

        private final String words;

        Status(String words) {
            this.words = words;
        }

        /** What happened, as the predicate of a sentence. */
        public String words() {
            return words;
        }
    }

    static TestResult notRun(String name) {
        return new TestResult(name, Status.NOT_RUN, "an earlier test did not end", "", "", Duration.ZERO);
    }

    boolean passed() {
        return status == Status.PASSED;
    }
}
