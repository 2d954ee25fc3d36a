package io.counterflow.model.verify;

/** A checkpoint that cannot be verified, as opposed to one that computes other values. */
public final class VerificationException extends RuntimeException {
    public VerificationException(String message) {
        super(message);
    }

    public VerificationException(String message, Throwable cause) {
        super(message, cause);
    }
}
