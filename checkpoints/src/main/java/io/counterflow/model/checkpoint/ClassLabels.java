package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;

/** The labels of a classifier, as {@code id2label} and {@code label2id} of config.json name them. */
public final class ClassLabels {
    // A corrupt number must not become an allocation.
    static final int MOST = 1 << 20;

    private ClassLabels() {}

    /**
     * The labels in order of their ids; without {@code id2label}, or with a {@code num_labels} of another size, {@code LABEL_0} and so on,
     * two unless {@code num_labels} says otherwise, as in transformers.
     *
     * @throws CheckpointException when the ids are not 0, 1, 2 and so on
     */
    public static List<String> read(ObjectNode json) {
        JsonNode names = json.get("id2label");
        boolean unnamed = names == null || names.isNull() || names.isEmpty();
        if (unnamed || json.hasNonNull("num_labels") && number(json) != names.size()) {
            return IntStream.range(0, number(json))
                    .mapToObj(id -> "LABEL_" + id)
                    .toList();
        }
        List<String> labels = new ArrayList<>();
        for (int id = 0; id < names.size(); id++) {
            JsonNode name = names.get(Integer.toString(id));
            if (name == null || !name.isTextual()) {
                throw new CheckpointException("id2label is %s; it must name a label for each id from 0 to %d"
                        .formatted(names, names.size() - 1));
            }
            labels.add(name.asText());
        }
        return List.copyOf(labels);
    }

    private static int number(ObjectNode json) {
        JsonNode number = json.get("num_labels");
        if (number == null || number.isNull()) {
            return 2;
        }
        if (!number.canConvertToInt() || number.asInt() < 1 || number.asInt() > MOST) {
            throw new CheckpointException(
                    "num_labels is %s; it must be a whole number from 1 to %d".formatted(number, MOST));
        }
        return number.asInt();
    }

    /**
     * Sets the labels in a config.json.
     *
     * @throws IllegalArgumentException when there is none, or a name is empty or there twice
     */
    public static void write(List<String> labels, ObjectNode json) {
        if (labels.isEmpty() || labels.contains("") || new HashSet<>(labels).size() != labels.size()) {
            throw new IllegalArgumentException(
                    "labels are " + labels + "; there must be at least one, each with a name of its own");
        }
        json.remove("num_labels");
        ObjectNode names = json.putObject("id2label");
        ObjectNode ids = json.putObject("label2id");
        for (int id = 0; id < labels.size(); id++) {
            names.put(Integer.toString(id), labels.get(id));
            ids.put(labels.get(id), id);
        }
    }
}
