package io.counterflow.broker;

/** Another process has a broker on the data directory; {@link EmbeddedLog#addressOf} may say where it answers. */
public final class DataDirectoryInUseException extends EmbeddedKafkaException {

    DataDirectoryInUseException(String message) {
        super(message);
    }
}
