package io.counterflow.scorer.unittests.wire;

/**
 * A value cannot cross, or what arrived cannot be read. An error, so that tests that catch exceptions do not catch it by
 * chance.
 */
public final class WireException extends Error {

    private static final long serialVersionUID = 1;

    /** Makes one with a message for the user. */
    public WireException(String message) {
        super(message, null, false, false);
    }
}
