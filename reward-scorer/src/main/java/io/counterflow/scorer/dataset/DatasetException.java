package io.counterflow.scorer.dataset;

/** A data set that cannot be used, with what is wrong, where, and what to do. */
public final class DatasetException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With a whole sentence. */
    public DatasetException(String message) {
        super(message);
    }

    /** With a whole sentence and a cause. */
    public DatasetException(String message, Throwable cause) {
        super(message, cause);
    }
}
