package io.counterflow.log.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;

/** Subjects, their versions, and the ids of schemas: what a registry knows. Not thread-safe. */
public final class SchemaCatalog {

    /** The compatibility that is asked of every new version: it reads what any earlier version wrote. */
    public static final String COMPATIBILITY = "BACKWARD_TRANSITIVE";

    private final TreeMap<String, TreeMap<Integer, Integer>> idBySubjectVersion = new TreeMap<>();
    private final TreeMap<Integer, Schema> schemaById = new TreeMap<>();

    /** One version of one subject. */
    public record Entry(String subject, int version, int id, Schema schema) {}

    public void put(Entry entry) {
        idBySubjectVersion
                .computeIfAbsent(entry.subject(), s -> new TreeMap<>())
                .put(entry.version(), entry.id());
        schemaById.putIfAbsent(entry.id(), entry.schema());
    }

    public Set<String> subjects() {
        return new TreeSet<>(idBySubjectVersion.keySet());
    }

    /** The versions of a subject, oldest first; none where it is unknown. */
    public List<Entry> versions(String subject) {
        List<Entry> versions = new ArrayList<>();
        idBySubjectVersion
                .getOrDefault(subject, new TreeMap<>())
                .forEach((version, id) -> versions.add(new Entry(subject, version, id, schemaById.get(id))));
        return versions;
    }

    public Optional<Schema> schema(int id) {
        return Optional.ofNullable(schemaById.get(id));
    }

    public Optional<Entry> find(String subject, Schema schema) {
        return versions(subject).stream().filter(e -> e.schema().equals(schema)).findFirst();
    }

    /** Why the schema cannot read every earlier version of the subject, where it cannot. */
    public Optional<String> incompatibility(String subject, Schema schema) {
        return versions(subject).stream()
                .flatMap(
                        past -> SchemaCompatibility.checkReaderWriterCompatibility(schema, past.schema())
                                .getResult()
                                .getIncompatibilities()
                                .stream()
                                .map(why -> "version " + past.version() + ": " + why.getType() + " at "
                                        + why.getLocation() + ", " + why.getMessage()))
                .reduce((one, other) -> one + "; " + other);
    }

    /** The entry that registering would make; the same schema has the same id under every subject. */
    public Entry next(String subject, Schema schema) {
        OptionalInt known = schemaById.entrySet().stream()
                .filter(e -> e.getValue().equals(schema))
                .mapToInt(Map.Entry::getKey)
                .findFirst();
        int id = known.orElse(schemaById.isEmpty() ? 1 : schemaById.lastKey() + 1);
        TreeMap<Integer, Integer> versions = idBySubjectVersion.get(subject);
        return new Entry(subject, versions == null ? 1 : versions.lastKey() + 1, id, schema);
    }
}
