package io.counterflow.cli.deadletters;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.broker.EmbeddedLog;
import io.counterflow.cli.Counterflow;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.DeadLetter;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
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
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class DeadLettersCommandTest {

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;

    /** What a command said, and how it ended. */
    private record Said(int exitCode, String out, String err) {}

    @BeforeAll
    static void start() {
        embedded = EmbeddedLog.start(directory);
    }

    @AfterAll
    static void stop() {
        embedded.close();
    }

    private static Said counterflow(String... arguments) {
        List<String> all = new ArrayList<>(List.of(arguments));
        all.addAll(List.of(
                "--data",
                directory.resolve("data").toString(),
                "--bootstrap-servers",
                embedded.config().bootstrapServers(),
                "--schema-registry",
                embedded.config().schemaRegistryUrl()));
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine commandLine =
                Counterflow.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
        int exitCode = commandLine.execute(all.toArray(String[]::new));
        return new Said(exitCode, out.toString(), err.toString());
    }

    private static void write(Log log, String key, int partition, String component, String cause, String at) {
        DeadLetter letter = DeadLetter.newBuilder()
                .setTopic(log.topicName(partition < 0 ? Topic.SCORED_GROUPS : Topic.COMPLETIONS))
                .setPartition(partition)
                .setOffset(7)
                .setKey(ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8)))
                .setValue(ByteBuffer.wrap(key.getBytes(StandardCharsets.UTF_8)))
                .setComponent(component)
                .setCause(cause)
                .setFailedAt(Instant.parse(at))
                .build();
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            producer.send(new ProducerRecord<>(log.topicName(Topic.DEAD_LETTERS), key, letter));
        }
    }

    @Test
    void theSameOptionsListWhatIsSentRoundAndADryRunSendsNothing() throws Exception {
        Log log = new Log(embedded.config());
        log.createTopics();
        write(log, "p1", 0, "judge@2", "FAILED: 503 from the judge", "2026-11-20T10:00:00Z");
        write(log, "p2", 1, "judge@2", "TIMED_OUT: no answer within PT30S", "2026-11-20T11:00:00Z");
        write(log, "p3", 1, "judge@3", "FAILED: 503 from the judge", "2026-11-20T12:00:00Z");
        write(log, "p4", -1, "assembler/default", "1 of 2 completions have a reward", "2026-11-20T13:00:00Z");

        Said table = counterflow("dead-letters");
        assertThat(table.exitCode()).as(table.err()).isZero();
        assertThat(table.out())
                .contains("judge@2", "no answer within PT30S", "1:7", "4 letters: ", "1 of judge@3 FAILED");
        assertThat(counterflow("dead-letters", "--limit", "1").out())
                .contains("the newest 1 of 4 letters", "assembler/default")
                .doesNotContain("p1");

        Said lines = counterflow("dead-letters", "--format", "json", "--scorer", "judge", "--cause", "failed: 5\\d\\d");
        List<JsonNode> letters = new ArrayList<>();
        for (String line : lines.out().lines().toList()) {
            letters.add(new ObjectMapper().readTree(line));
        }
        assertThat(letters).extracting(l -> l.get("key").asText()).containsExactly("p1", "p3");
        assertThat(letters.get(0).get("redriven").asBoolean()).isFalse();
        assertThat(letters.get(0).get("offset").asLong()).isEqualTo(7);

        String[] selection = {"--topic", "completions", "--since", "2026-11-20T10:30:00Z", "--until", "1m"};
        Said dry = counterflow(with(selection, "redrive", "--dry-run"));
        assertThat(dry.out())
                .isEqualToNormalizingNewlines(
                        "would send 2 letters (1 of completions for judge@2, 1 of completions for judge@3)\n");
        assertThat(counterflow(with(selection, "redrive")).out()).startsWith("sent 2 letters");
        assertThat(counterflow(with(selection, "redrive")).out()).startsWith("sent 0 letters");
        assertThat(counterflow("redrive").out())
                .contains("sent 1 letter (1 of completions for judge@2)", "no original to send: 1 letter");
        assertThat(counterflow("dead-letters", "--scorer", "judge").out()).contains("no dead letters match");
        assertThat(counterflow("dead-letters", "--all").out()).contains("sent again", "waits");
    }

    @Test
    void aPatternOrATimeThatCannotBeReadIsOneLine() {
        Said pattern = counterflow("dead-letters", "--cause", "(");
        assertThat(pattern.exitCode()).isEqualTo(2);
        assertThat(pattern.err())
                .contains("--cause '(' is not a regular expression")
                .hasLineCount(1);
        Said time = counterflow("redrive", "--since", "yesterday");
        assertThat(time.exitCode()).isEqualTo(2);
        assertThat(time.err()).contains("--since 'yesterday'", "90m").hasLineCount(1);
    }

    private static String[] with(String[] selection, String... first) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(List.of(selection));
        return all.toArray(String[]::new);
    }
}
