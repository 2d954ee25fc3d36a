package io.counterflow.log.lines;

/** A line that is no JSON object of Unicode text; the message says why, without the line's number. */
public final class BrokenLineException extends Exception {

    private static final long serialVersionUID = 1L;

    public BrokenLineException(String message) {
        super(message);
    }
}
