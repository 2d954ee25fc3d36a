package io.counterflow.trainer.checkpoint;

/** A checkpoint cannot be written or read. */
public final class RunCheckpointException extends RuntimeException {

    public RunCheckpointException(String message) {
        super(message);
    }

    public RunCheckpointException(String message, Throwable cause) {
        super(message, cause);
    }
}
