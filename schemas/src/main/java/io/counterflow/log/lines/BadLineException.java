package io.counterflow.log.lines;

/** A line that is not what it should be; the message says why. */
public final class BadLineException extends Exception {

    public BadLineException(String message) {
        super(message);
    }
}
