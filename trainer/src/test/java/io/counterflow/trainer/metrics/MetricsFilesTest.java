package io.counterflow.trainer.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MetricsFilesTest {

    private static final Instant NOW = Instant.parse("2026-11-21T08:00:00Z");

    @TempDir
    Path directory;

    @Test
    void everyStepHasOneLineHoweverOftenItWasApplied() throws IOException {
        Path file = directory.resolve("metrics.jsonl");
        try (MetricsFile first = MetricsFile.open(file, 0)) {
            for (int step = 1; step <= 5; step++) {
                first.append(step, NOW, new TreeMap<>(Map.of("loss", 0.5)));
            }
        }
        Files.writeString(file, Files.readString(file) + "{\"step\":6,\"lo");
        try (MetricsFile again = MetricsFile.open(file, 3)) {
            again.append(4, NOW, new TreeMap<>(Map.of("loss", 0.25, "kl", Double.NaN)));
        }

        List<String> lines = Files.readAllLines(file);
        assertThat(lines).hasSize(4);
        assertThat(lines.get(3)).isEqualTo("{\"step\":4,\"time\":\"2026-11-21T08:00:00Z\",\"loss\":0.25}");
    }

    @Test
    void tensorBoardFilesAreFramesOfEvents() throws IOException {
        try (TensorBoardFile file = TensorBoardFile.create(directory, NOW, 0)) {
            file.append(300, NOW, new TreeMap<>(Map.of("reward.mean", 0.5)));
        }

        byte[] bytes;
        try (Stream<Path> files = Files.list(directory)) {
            bytes = Files.readAllBytes(files.findFirst().orElseThrow());
        }

        // Length 24 and its masked checksum: what every file that TensorFlow writes begins with.
        assertThat(HexFormat.of().formatHex(bytes, 0, 12)).isEqualTo("1800000000000000a37f4b22");
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        assertThat(event(in)).endsWith(HexFormat.of().formatHex("brain.Event:2".getBytes()));
        assertThat(event(in)).as("step 1, session log, start").endsWith("1001" + "3a020801");
        assertThat(event(in))
                .as("step 300, summary, value: tag and simple_value 0.5f")
                .endsWith("10ac02" + "2a14" + "0a12" + "0a0b" + HexFormat.of().formatHex("reward/mean".getBytes())
                        + "15" + "0000003f");
        assertThat(in.available()).isZero();
    }

    private static String event(DataInputStream in) throws IOException {
        int length = (int) Long.reverseBytes(in.readLong());
        in.readInt();
        String event = HexFormat.of().formatHex(in.readNBytes(length));
        in.readInt();
        return event;
    }
}
