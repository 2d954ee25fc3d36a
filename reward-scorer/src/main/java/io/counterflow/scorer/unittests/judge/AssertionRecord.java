package io.counterflow.scorer.unittests.judge;

import java.util.ArrayList;
import java.util.List;

/**
 * What became of the assertions of the test that is running. A program can neither swallow a failed one nor keep all of them from
 * being reached. Thread-safe.
 */
final class AssertionRecord {

    private final List<AssertionError> crossed = new ArrayList<>();
    private boolean reached;

    /** Another test begins. */
    synchronized void begin() {
        crossed.clear();
        reached = false;
    }

    /** The tests' code is about to decide something. */
    synchronized void reached() {
        reached = true;
    }

    synchronized boolean wasReached() {
        return reached;
    }

    /** An assertion failed in code of the tests that the program called: from here on the program has it. */
    synchronized void crossed(AssertionError failed) {
        crossed.add(failed);
    }

    /** The program passed on what it was thrown: the tests have it again, and make of it what they will. */
    synchronized void returned(AssertionError thrown) {
        String text = TestsRun.describe(thrown);
        for (AssertionError each : crossed) {
            if (TestsRun.describe(each).equals(text)) {
                crossed.remove(each);
                return;
            }
        }
    }

    /** The failure that the program kept for itself, empty when there is none. */
    synchronized String swallowed() {
        return crossed.isEmpty() ? "" : TestsRun.describe(crossed.get(0));
    }
}
