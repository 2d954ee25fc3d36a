package io.counterflow.producer.source;

/** A published policy cannot be loaded: it is not there, or not what was published. */
public final class PolicyUnavailableException extends RuntimeException {

    public PolicyUnavailableException(String message) {
        super(message);
    }

    public PolicyUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
