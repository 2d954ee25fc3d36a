package io.counterflow.log.registry;

import java.util.Optional;
import org.apache.avro.Schema;

/** A registry that forgets everything with its JVM: for tests of single stages without a broker. Thread-safe. */
public final class InMemorySchemaRegistry implements SchemaRegistry {

    private final SchemaCatalog catalog = new SchemaCatalog();

    @Override
    public synchronized int register(String subject, Schema schema) {
        Optional<SchemaCatalog.Entry> known = catalog.find(subject, schema);
        if (known.isPresent()) {
            return known.get().id();
        }
        Optional<String> why = catalog.incompatibility(subject, schema);
        if (why.isPresent()) {
            throw new IncompatibleSchemaException(
                    "incompatible with an earlier version of " + subject + ": " + why.get());
        }
        SchemaCatalog.Entry entry = catalog.next(subject, schema);
        catalog.put(entry);
        return entry.id();
    }

    @Override
    public synchronized Schema byId(int id) {
        return catalog.schema(id).orElseThrow(() -> new UnknownSchemaException("no schema has the id " + id));
    }
}
