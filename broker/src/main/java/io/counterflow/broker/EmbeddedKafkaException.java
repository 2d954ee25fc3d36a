package io.counterflow.broker;

/** The embedded broker cannot start or stop; the message is one line that says why and what to do. */
public sealed class EmbeddedKafkaException extends RuntimeException permits DataDirectoryInUseException {

    public EmbeddedKafkaException(String message) {
        super(message);
    }

    public EmbeddedKafkaException(String message, Throwable cause) {
        super(message, cause);
    }
}
