package io.counterflow.model.checkpoint;

/** A checkpoint that cannot be used; the message says what is wrong with it, one line for each fault. */
public final class CheckpointException extends RuntimeException {
    public CheckpointException(String message) {
        super(message);
    }

    public CheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
