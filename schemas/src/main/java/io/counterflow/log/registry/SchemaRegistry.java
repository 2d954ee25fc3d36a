package io.counterflow.log.registry;

import org.apache.avro.Schema;

/** Gives schemas numbers that a record can carry. Thread-safe. */
public interface SchemaRegistry {

    /**
     * The id of a schema under a subject; a schema that is new there is registered.
     *
     * @param subject by convention {@code <topic>-value}
     * @throws IncompatibleSchemaException when it cannot read what was written with an earlier version of the subject
     * @throws SchemaRegistryException when the registry refuses
     * @throws SchemaRegistryUnavailableException when it does not answer
     */
    int register(String subject, Schema schema);

    /**
     * The schema with an id.
     *
     * @throws UnknownSchemaException when there is none
     * @throws SchemaRegistryUnavailableException when the registry does not answer
     */
    Schema byId(int id);
}
