package io.counterflow.producer.source;

/** A completion server cannot be reached, refuses, or answers what it must not; the message says what to do. */
public final class CompletionServerException extends RuntimeException {

    public CompletionServerException(String message) {
        super(message);
    }

    public CompletionServerException(String message, Throwable cause) {
        super(message, cause);
    }
}
