package io.counterflow.log.registry;

import org.apache.kafka.common.KafkaException;

/**
 * The registry does not answer. Says nothing of the record that was to be read or written, so this is no
 * {@code SerializationException}: whoever treats those as bad records must not treat this as one.
 */
public class SchemaRegistryUnavailableException extends KafkaException {

    public SchemaRegistryUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
