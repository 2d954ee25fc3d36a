package io.counterflow.log.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.OffsetRange;
import io.counterflow.log.SharedCluster;
import io.counterflow.log.SharedCluster.Logs;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Score;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@ExtendWith(SharedCluster.class)
class TransferTest {

    @TempDir
    static Path directory;

    private static Logs logs;
    private static Log original;

    private record Placed(int partition, long offset, long timestamp, String key, Score value) {}

    /** Partition 0: two transactions and an aborted one between them; partition 3: one transaction. */
    @BeforeAll
    static void write(Logs shared) {
        logs = shared;
        original = log("original.");
        try (Producer<String, SpecificRecord> producer = original.producer(Map.of("transactional.id", "t"))) {
            producer.initTransactions();
            transaction(producer, 0, 3, true);
            transaction(producer, 0, 5, false);
            transaction(producer, 0, 2, true);
            transaction(producer, 3, 4, true);
        }
    }

    @AfterAll
    static void stop() {
        original.close();
    }

    private static Log log(String prefix) {
        return logs.open(prefix);
    }

    private static void transaction(
            Producer<String, SpecificRecord> producer, int partition, int records, boolean commit) {
        producer.beginTransaction();
        for (int i = 0; i < records; i++) {
            producer.send(new ProducerRecord<>("original.scores", partition, 1_000L * i, "p" + partition, score(i)));
        }
        if (commit) {
            producer.commitTransaction();
        } else {
            producer.flush();
            producer.abortTransaction();
        }
    }

    private static Score score(int number) {
        return Score.newBuilder()
                .setCompletionId("c" + number)
                .setGroupId("g")
                .setPromptId("p")
                .setRunId("r")
                .setScorer("s")
                .setScorerVersion("1")
                .setOutcome(io.counterflow.schemas.Outcome.SCORED)
                .setValue(number / 4.0)
                .setDurationMicros(1)
                .setScoredAt(Instant.ofEpochMilli(number))
                .build();
    }

    private static List<Placed> read(Log log) {
        List<Placed> all = new ArrayList<>();
        try (LogReader<Score> reader = new LogReader<>(log, Topic.SCORES, Score.class)) {
            reader.read(
                    reader.everything(),
                    r -> all.add(new Placed(r.partition(), r.offset(), r.timestamp(), r.key(), r.value())));
        }
        return all;
    }

    private static long export(Path file) {
        try (LogReader<Score> reader = new LogReader<>(original, Topic.SCORES, Score.class)) {
            List<OffsetRange> ranges = reader.everything();
            return new TopicExporter(original)
                    .export("original.scores", Score.class, ranges, file, FileFormat.of(file));
        }
    }

    private static long importFile(Log log, Path file, Positions positions) {
        return new TopicImporter(log)
                .importFile(file, log.topicName(Topic.SCORES), Score.class, FileFormat.of(file), positions);
    }

    @ParameterizedTest
    @CsvSource({"scores.avro, a", "scores.jsonl, b", "scores.jsonl.gz, c"})
    void recordsComeBackToThePositionsTheyHad(String name, String prefix) {
        Path file = directory.resolve(name);
        assertThat(export(file)).isEqualTo(9);
        try (Log copy = log(prefix + ".")) {
            assertThat(importFile(copy, file, Positions.KEEP)).isEqualTo(9);
            assertThat(read(copy)).isEqualTo(read(original));
            assertThat(read(copy)).extracting(Placed::offset).containsExactly(0L, 1L, 2L, 10L, 11L, 0L, 1L, 2L, 3L);
        }
    }

    @Test
    void recordsAreAppendedByTheirKeys() {
        Path file = directory.resolve("append.jsonl");
        export(file);
        try (Log copy = log("append.")) {
            importFile(copy, file, Positions.APPEND);
            importFile(copy, file, Positions.APPEND);
            assertThat(read(copy)).hasSize(18);
            assertThat(read(copy)).extracting(Placed::value).contains(score(3), score(0));
        }
    }

    @Test
    void positionsThatAreTakenAreNamed() {
        Path file = directory.resolve("taken.avro");
        export(file);
        try (Log copy = log("taken.")) {
            importFile(copy, file, Positions.KEEP);
            assertThatThrownBy(() -> importFile(copy, file, Positions.KEEP))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("partition 0 of taken.scores goes on at offset 13 already, so offset 0");
        }
    }

    @Test
    void aBrokenLineIsNamed() throws IOException {
        Path file = directory.resolve("broken.jsonl");
        export(file);
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        lines.set(4, lines.get(4).replace("\"SCORED\"", "\"GOOD\""));
        Files.write(file, lines);
        try (Log copy = log("broken.")) {
            assertThatThrownBy(() -> importFile(copy, file, Positions.APPEND))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("line 5: Score.outcome must be one of");
        }
    }

    @Test
    void aFileThatIsNoContainerIsNamed() throws IOException {
        Path file = Files.writeString(directory.resolve("no.avro"), "text");
        try (Log copy = log("no.")) {
            assertThatThrownBy(() -> importFile(copy, file, Positions.APPEND))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("no.avro");
        }
    }

    @ParameterizedTest
    @CsvSource({"every.avro, every-a", "every.jsonl, every-b", "every.jsonl.gz, every-c"})
    void everyTextComesBackAsItWas(String name, String prefix) {
        String text =
                "\0 nul, \r\n windows, \r mac, \u2028 separator, \u0085 next, \ufeff mark, \ud83d\ude00, e\u0301 \u00e9, \\ud83d "
                        + "long".repeat(100_000);
        Path file = directory.resolve(name);
        try (Log from = log(prefix + "-from.");
                Log to = log(prefix + "-to.")) {
            Score score = Score.newBuilder(score(1))
                    .setDetails(Map.of(text, text, "e\u0301", "1", "\u00e9", "2"))
                    .build();
            try (Producer<String, SpecificRecord> producer = from.producer(Map.of())) {
                producer.send(new ProducerRecord<>(from.topicName(Topic.SCORES), 1, 5L, "k\0\u2028", score));
            }
            try (LogReader<Score> reader = new LogReader<>(from, Topic.SCORES, Score.class)) {
                new TopicExporter(from)
                        .export(
                                from.topicName(Topic.SCORES),
                                Score.class,
                                reader.everything(),
                                file,
                                FileFormat.of(file));
            }
            importFile(to, file, Positions.KEEP);
            assertThat(read(to)).isEqualTo(read(from)).hasSize(1);
        }
    }

    @Test
    void ofAFileWithABrokenLineNothingIsWritten() throws IOException {
        Path file = directory.resolve("broken-late.jsonl");
        export(file);
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        lines.set(8, lines.get(8).replace("\"s\"", "\"\\ud83d\""));
        Files.write(file, lines);
        try (Log copy = log("late.")) {
            assertThatThrownBy(() -> importFile(copy, file, Positions.APPEND))
                    .isInstanceOf(LogException.class)
                    .hasMessageContaining("line 9: 'value.scorer' is no Unicode text");
            assertThat(read(copy)).isEmpty();
        }
    }
}
