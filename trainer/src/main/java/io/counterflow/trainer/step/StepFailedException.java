package io.counterflow.trainer.step;

/** A step came out in a way that must not be continued from. */
public final class StepFailedException extends RuntimeException {

    public StepFailedException(String message) {
        super(message);
    }
}
