package io.counterflow.scorer.unittests.judge;

/** The tests asked for the end of their process. */
final class TestsExit extends Error {

    private static final long serialVersionUID = 1;

    private final int code;

    TestsExit(int code) {
        super("exit code " + code, null, false, false);
        this.code = code;
    }

    int code() {
        return code;
    }
}
