package io.counterflow.model.source;

/** A checkpoint that could not be had from its source; the message is one line with the cause and the remedy. */
public final class SourceException extends RuntimeException {
    public SourceException(String message) {
        super(message);
    }

    public SourceException(String message, Throwable cause) {
        super(message, cause);
    }
}
