package io.counterflow.trainer;

/** A run could not go on; the message says where, why, and what is left. */
public final class TrainingStoppedException extends RuntimeException {

    public TrainingStoppedException(String message, Throwable cause) {
        super(message, cause);
    }
}
