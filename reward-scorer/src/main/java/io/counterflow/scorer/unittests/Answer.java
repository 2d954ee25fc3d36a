package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/** What a program answered to one case. */
sealed interface Answer {

    /**
     * It wrote this and ended with exit code 0.
     *
     * @param stdout its standard output
     * @param stderr the beginning of its standard error
     * @param time how long it ran
     */
    record Wrote(String stdout, String stderr, Duration time) implements Answer {}

    /**
     * It returned this.
     *
     * @param value as JSON: lists and tuples are arrays, sets arrays in any order with {@code unordered} true
     * @param unordered whether the order of the outermost array means nothing
     * @param time how long it took
     */
    record Returned(JsonNode value, boolean unordered, Duration time) implements Answer {}

    /**
     * It threw, or ended with another exit code.
     *
     * @param type simple name of what it threw, and {@code message} what that said
     * @param message see {@code type}
     * @param stdout the beginning of what it wrote
     * @param stderr the beginning of what it wrote to standard error
     * @param time how long it took
     */
    record Threw(String type, String message, String stdout, String stderr, Duration time) implements Answer {}

    /**
     * It gave no answer: its time was over, or it ended its process.
     *
     * @param status which of them
     * @param message in words
     * @param time how long it took
     */
    record None(TestResult.Status status, String message, Duration time) implements Answer {}
}
