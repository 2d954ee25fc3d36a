package io.counterflow.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A checkpoint among the test resources of {@code checkpoints}, and what transformers computes on it. */
record Fixture(Path folder, JsonNode expected) {
    static Fixture named(String name) {
        Path folder = Path.of("../checkpoints/src/test/resources/fixtures", name);
        try {
            return new Fixture(
                    folder,
                    new ObjectMapper().readTree(folder.resolve("expected.json").toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(new IOException(name, e));
        }
    }

    List<int[]> inputs() {
        List<int[]> rows = new ArrayList<>();
        expected.get("input_ids").forEach(row -> rows.add(ints(row)));
        return rows;
    }

    int promptLength() {
        return expected.get("prompt_length").asInt();
    }

    /** The rows, divided into prompt and completion. */
    List<TokenSequence> sequences() {
        return inputs().stream()
                .map(row -> new TokenSequence(
                        Arrays.copyOf(row, promptLength()), Arrays.copyOfRange(row, promptLength(), row.length)))
                .toList();
    }

    static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        Arrays.setAll(values, i -> array.get(i).asInt());
        return values;
    }

    static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).floatValue();
        }
        return values;
    }
}
