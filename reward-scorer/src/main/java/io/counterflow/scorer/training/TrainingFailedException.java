package io.counterflow.scorer.training;

/** A training that cannot begin or go on, with what is wrong and what to do. */
public final class TrainingFailedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a whole sentence. */
    public TrainingFailedException(String message) {
        super(message);
    }

    /** With a whole sentence and a cause. */
    public TrainingFailedException(String message, Throwable cause) {
        super(message, cause);
    }
}
