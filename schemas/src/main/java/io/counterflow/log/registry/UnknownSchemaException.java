package io.counterflow.log.registry;

/** The registry knows no schema of an id: the record is another program's, or the registry another log's. */
public final class UnknownSchemaException extends SchemaRegistryException {
    private static final long serialVersionUID = 1L;

    public UnknownSchemaException(String message) {
        super(message);
    }
}
