package io.counterflow.scorer.sandbox;

/** This machine offers no isolation, and running without was not allowed; the message says what to install. */
public final class SandboxUnavailableException extends Exception {

    private static final long serialVersionUID = 1L;

    SandboxUnavailableException(String message) {
        super(message);
    }
}
