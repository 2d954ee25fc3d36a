package io.counterflow.trainer.batch;

/** The log's groups are not what this policy or objective can be trained on. */
public final class UnfitLogException extends RuntimeException {

    public UnfitLogException(String message) {
        super(message);
    }
}
