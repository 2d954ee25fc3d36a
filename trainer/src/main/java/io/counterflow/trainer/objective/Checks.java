package io.counterflow.trainer.objective;

import java.util.List;

/** Argument checks that every objective shares. */
final class Checks {

    private Checks() {}

    static void positive(String name, double value) {
        if (!(value > 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + " is " + value + "; it must be positive and finite");
        }
    }

    static void notNegative(String name, double value) {
        if (!(value >= 0) || Double.isInfinite(value)) {
            throw new IllegalArgumentException(name + " is " + value + "; it must be 0 or more, and finite");
        }
    }

    static void atMost(String name, double value, double greatest) {
        if (!(value <= greatest)) {
            throw new IllegalArgumentException(name + " is " + value + "; it must be at most " + greatest);
        }
    }

    static void clip(double value) {
        if (!(value > 0 && value < 1)) {
            throw new IllegalArgumentException("clip is " + value + "; it must lie between 0 and 1");
        }
    }

    static void group(List<ScoredCompletion> group) {
        if (group.size() < 2) {
            throw new IllegalArgumentException("a group of " + group.size() + "; at least 2 completions are needed");
        }
    }

    /** A completion's length as a divisor: an empty completion has log-probability 0 and is not divided by 0. */
    static int divisor(ScoredCompletion completion) {
        return Math.max(1, completion.length());
    }
}
