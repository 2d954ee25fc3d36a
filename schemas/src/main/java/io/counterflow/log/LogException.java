package io.counterflow.log;

/** The log is not as it must be; the message says what is wrong and what to do. */
public class LogException extends RuntimeException {

    public LogException(String message) {
        super(message);
    }

    public LogException(String message, Throwable cause) {
        super(message, cause);
    }
}
