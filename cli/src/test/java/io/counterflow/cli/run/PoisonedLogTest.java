package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.Counterflow;
import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.Topic;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody else wrote to every topic: no reader stops, and the run is what it is without it. */
class PoisonedLogTest {

    private static final List<String> WORDS = List.of("a", "b", "c", "d", "e", "f", "good");

    @TempDir
    private Path folder;

    private final StringWriter err = new StringWriter();
    private final StringWriter out = new StringWriter();

    @Test
    void aRunOnALogWithPoisonInEveryTopicSamplesScoresTrainsReportsAndReplays() throws Exception {
        Path config = configuration();
        assertThat(execute("import", "prompts", folder.resolve("prompts.jsonl").toString(), "--task", "words"))
                .as(err.toString())
                .isZero();
        int poison = poison("q");

        run(config, "q");
        poison("q");
        run(config, "r");

        for (List<String> command : List.of(
                List.of("replay", "--run", "q"),
                List.of("replay", "--run", "r"),
                List.of(
                        "audit",
                        "--checkpoint",
                        folder.resolve("data/runs/q/checkpoints/step-00000002").toString()),
                List.of(
                        "report",
                        "--run",
                        "q",
                        "--output",
                        folder.resolve("q.html").toString()),
                List.of(
                        "compare-runs",
                        "q",
                        "r",
                        "--output",
                        folder.resolve("runs.html").toString()),
                List.of("scores", "--run", "q"),
                List.of("dead-letters"),
                List.of(
                        "export",
                        "completions",
                        "--output",
                        folder.resolve("completions.jsonl").toString()),
                List.of(
                        "export",
                        "scored-groups",
                        "--output",
                        folder.resolve("groups.avro").toString()))) {
            out.getBuffer().setLength(0);
            err.getBuffer().setLength(0);
            // A replay that is not identical ends with 1.
            assertThat(execute(command.toArray(String[]::new)))
                    .as("%s: %s%s", command, err, out)
                    .isZero();
        }
        assertThat(poison).isGreaterThan(4 * Topic.values().length);
    }

    private void run(Path config, String run) {
        assertThat(execute("run", "--config", config.toString(), "--run", run))
                .as("%s%s", err, out)
                .isZero();
    }

    /** Writes records that are none to every partition of every topic, some under the key of a run. */
    private int poison(String run) throws Exception {
        int written = 0;
        try (LogAccess access = LogAccess.open(
                new LogConfig(null, null, null, 2, null, null), new RunFolders(folder.resolve("data")))) {
            Log log = access.log();
            log.createTopics();
            try (Producer<byte[], byte[]> producer = log.rawProducer(Map.of())) {
                for (Topic topic : Topic.values()) {
                    String name = log.topicName(topic);
                    int partitions = producer.partitionsFor(name).size();
                    for (byte[] value : Arrays.asList(
                            null,
                            new byte[0],
                            "hello".getBytes(StandardCharsets.UTF_8),
                            // The wire format's header with an id that no registry knows, and with one that it does and
                            // another body.
                            new byte[] {0, 127, 0, 0, 1, 2, 3},
                            new byte[] {0, 0, 0, 0, 1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1})) {
                        for (String key : Arrays.asList(run, null)) {
                            // A compacted topic takes no record without a key.
                            if (key != null || !topic.compacted()) {
                                for (int partition = 0; partition < partitions; partition++) {
                                    byte[] bytes = key == null ? null : key.getBytes(StandardCharsets.UTF_8);
                                    producer.send(new ProducerRecord<>(name, partition, bytes, value))
                                            .get();
                                    written++;
                                }
                            }
                        }
                    }
                }
            }
        }
        return written;
    }

    private Path configuration() throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        int vocabulary = WordLevelTokenizer.write(model, WORDS);
        try (LanguageModel made = LanguageModel.initialise(
                new LlamaShape(vocabulary, 16, 32, 1, 2, 2, 32, true).config(1, 2, 0),
                model,
                3,
                ModelOptions.inference())) {
            made.save(model);
        }
        write("prompts.jsonl", IntStream.range(0, 6).mapToObj(i -> "{\"prompt\": \"" + WORDS.get(i) + "\"}"));
        Path heldOut = write("held-out.jsonl", Stream.of("{\"prompt\": \"f f\"}"));
        return write(
                "run.yaml",
                Stream.of(
                        "prompts: [{file: " + folder.resolve("prompts.jsonl") + "}, {file: " + heldOut
                                + ", split: held-out}]",
                        "log: {partitions: 2}",
                        "producer: {groupSize: 2, sampling: {maxTokens: 4}}",
                        "scoring: {scorers: [{kind: regex, settings: {pattern: good}}, {kind: length}]}",
                        "trainer: {model: " + model
                                + ", steps: 2, batch: {groups: 3, microBatch: 6}, optimizer: {learningRate: 1e-3}}"));
    }

    private Path write(String name, Stream<String> lines) throws IOException {
        return Files.writeString(folder.resolve(name), lines.collect(Collectors.joining("\n", "", "\n")));
    }

    private int execute(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of("--data", folder.resolve("data").toString()));
        return Counterflow.commandLine()
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(all.toArray(String[]::new));
    }
}
