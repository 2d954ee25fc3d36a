package io.counterflow.cli.verify;

/** A drill that this machine did not bring to its end: nothing was shown, neither that killing makes a difference nor that it makes none. */
public final class NotFinishedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    NotFinishedException(String message) {
        super(message);
    }

    NotFinishedException(String message, Throwable cause) {
        super(message, cause);
    }
}
