package io.counterflow.log;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.apache.avro.Schema;

/** What readers in other languages see of a record's schema. */
public final class PublishedSchema {

    private static final String JAVA_HINT = "avro.java.string";

    private PublishedSchema() {}

    /**
     * The schema without the note of which Java class holds a string, which no other reader needs and which would make
     * it a different schema from the one in the {@code .avsc} file.
     */
    public static Schema of(Schema schema) {
        try {
            ObjectMapper json = new ObjectMapper();
            JsonNode tree = json.readTree(schema.toString());
            for (JsonNode parent : tree.findParents(JAVA_HINT)) {
                ((ObjectNode) parent).remove(JAVA_HINT);
            }
            return new Schema.Parser().parse(json.writeValueAsString(tree));
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not the JSON of a schema: " + schema, e);
        }
    }
}
