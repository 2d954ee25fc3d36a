package io.counterflow.log.registry;

import org.apache.kafka.common.errors.SerializationException;

/** A schema could not be registered or found; the message names the registry and what to do. */
public class SchemaRegistryException extends SerializationException {

    public SchemaRegistryException(String message) {
        super(message);
    }

    public SchemaRegistryException(String message, Throwable cause) {
        super(message, cause);
    }
}
