package io.counterflow.cli.report;

/** A run was asked for that the log does not hold. */
public final class UnknownRunException extends RuntimeException {

    public UnknownRunException(String message) {
        super(message);
    }
}
