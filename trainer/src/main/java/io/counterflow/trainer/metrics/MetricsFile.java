package io.counterflow.trainer.metrics;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.files.WholeFile;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * One JSON object a step and line: {@code {"step":1,"time":"…","loss":…, …}}, every step once, in order. Numbers that
 * are not finite are left out, as JSON has none.
 */
public final class MetricsFile implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final BufferedWriter writer;

    private MetricsFile(BufferedWriter writer) {
        this.writer = writer;
    }

    /** Opens a file for steps after this one; lines of later steps, and half a line at the end, are removed. */
    static MetricsFile open(Path file, long step) throws IOException {
        if (Files.exists(file)) {
            List<String> kept = new ArrayList<>();
            for (String line : Files.readAllLines(file)) {
                if (stepOf(line) >= 1 && stepOf(line) <= step) {
                    kept.add(line);
                }
            }
            WholeFile.write(file, kept.stream().map(line -> line + "\n").collect(Collectors.joining()));
        }
        return new MetricsFile(Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
    }

    private static long stepOf(String line) {
        try {
            JsonNode step = JSON.readTree(line).get("step");
            return step == null ? -1 : step.asLong();
        } catch (JsonProcessingException e) {
            return -1;
        }
    }

    void append(long step, Instant now, SortedMap<String, Double> numbers) throws IOException {
        ObjectNode line = JSON.createObjectNode();
        line.put("step", step);
        line.put("time", now.toString());
        numbers.forEach((name, value) -> {
            if (Double.isFinite(value)) {
                line.put(name, value);
            }
        });
        writer.write(JSON.writeValueAsString(line));
        writer.newLine();
        writer.flush();
    }

    @Override
    public void close() throws IOException {
        writer.close();
    }
}
