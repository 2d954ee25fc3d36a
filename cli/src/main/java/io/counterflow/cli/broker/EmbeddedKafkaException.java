package io.counterflow.cli.broker;

/** The embedded broker cannot start or stop; the message is one line that says why and what to do. */
public final class EmbeddedKafkaException extends RuntimeException {

    public EmbeddedKafkaException(String message) {
        super(message);
    }

    public EmbeddedKafkaException(String message, Throwable cause) {
        super(message, cause);
    }
}
