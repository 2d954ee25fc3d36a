package io.counterflow.log.registry;

/** A schema cannot read what was written with an earlier version of its subject. */
public final class IncompatibleSchemaException extends SchemaRegistryException {

    public IncompatibleSchemaException(String message) {
        super(message);
    }
}
