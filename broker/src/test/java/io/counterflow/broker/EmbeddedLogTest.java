package io.counterflow.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.log.registry.HttpSchemaRegistry;
import io.counterflow.log.registry.IncompatibleSchemaException;
import io.counterflow.schemas.Prompt;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.Schema;
import org.apache.avro.SchemaBuilder;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.utils.Exit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedLogTest {

    @TempDir
    Path directory;

    @Test
    void aRestartedBrokerStillHasTopicsRecordsAndSchemaIds() throws Exception {
        Prompt prompt = prompt("the larger of a and b");
        int id;
        Schema schema = SchemaBuilder.record("Other").fields().requiredInt("a").endRecord();
        try (EmbeddedLog embedded = EmbeddedLog.start(directory);
                Log log = new Log(embedded.config())) {
            log.createTopics();
            write(log, prompt);
            id = new HttpSchemaRegistry(embedded.registry().url()).register("other-value", schema);
        }
        try (EmbeddedLog embedded = EmbeddedLog.start(directory);
                Log log = new Log(embedded.config())) {
            log.createTopics();
            assertThat(readAll(log)).containsExactly(prompt);
            write(log, prompt);
            assertThat(readAll(log)).containsExactly(prompt, prompt);
            HttpSchemaRegistry registry =
                    new HttpSchemaRegistry(embedded.registry().url());
            assertThat(registry.byId(id)).isEqualTo(schema);
            assertThat(registry.register("other-value", schema)).isEqualTo(id);
        }
    }

    @Test
    void aSchemaThatCannotReadItsPastIsRefused() {
        try (EmbeddedLog embedded = EmbeddedLog.start(directory)) {
            HttpSchemaRegistry registry =
                    new HttpSchemaRegistry(embedded.registry().url());
            registry.register(
                    "s-value",
                    SchemaBuilder.record("R").fields().requiredInt("a").endRecord());
            Schema broken = SchemaBuilder.record("R")
                    .fields()
                    .requiredInt("a")
                    .requiredInt("b")
                    .endRecord();
            assertThatThrownBy(() -> registry.register("s-value", broken))
                    .isInstanceOf(IncompatibleSchemaException.class)
                    .hasMessageContaining("s-value")
                    .hasMessageContaining("READER_FIELD_MISSING_DEFAULT_VALUE");
        }
    }

    @Test
    void aTakenPortIsSaidInOneLine() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> EmbeddedKafka.start(directory, 1, taken.getLocalPort(), Map.of()))
                    .isInstanceOf(EmbeddedKafkaException.class)
                    .hasMessageContaining("port " + taken.getLocalPort())
                    .hasMessageContaining("is taken");
        }
    }

    @Test
    void aDirectoryInUseIsSaidInOneLine() {
        try (EmbeddedKafka first = EmbeddedKafka.start(directory)) {
            assertThat(first.bootstrapServers()).startsWith("127.0.0.1:");
            assertThatThrownBy(() -> EmbeddedKafka.start(directory))
                    .isInstanceOf(EmbeddedKafkaException.class)
                    .hasMessageContaining(directory.toString())
                    .hasMessageContaining("in use by another process");
        }
    }

    @Test
    void aBrokerThatGivesUpSaysSoInsteadOfEndingTheJvm() {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory)) {
            assertThat(kafka.failure()).isNotDone();
            assertThatThrownBy(() -> Exit.halt(1, "no space")).isInstanceOf(EmbeddedKafkaException.class);
            assertThat(kafka.failure()).isCompletedWithValueMatching(failure -> failure.getMessage()
                    .contains("code 1, no space"));
        }
    }

    private static Prompt prompt(String text) {
        return Prompt.newBuilder()
                .setPromptId("p")
                .setTask("programs")
                .setSplit("train")
                .setText(text)
                .setMetadata(Map.of("language", "java"))
                .setCreatedAt(Instant.ofEpochMilli(1_700_000_000_000L))
                .build();
    }

    private static void write(Log log, Prompt prompt) throws Exception {
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            producer.send(new ProducerRecord<>(log.topicName(Topic.PROMPTS), prompt.getPromptId(), prompt))
                    .get();
        }
    }

    private static List<Prompt> readAll(Log log) {
        try (Consumer<String, Prompt> consumer = log.consumer(Prompt.class, Map.of())) {
            List<TopicPartition> partitions = consumer.partitionsFor(log.topicName(Topic.PROMPTS)).stream()
                    .map(p -> new TopicPartition(p.topic(), p.partition()))
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> end = consumer.endOffsets(partitions);
            List<Prompt> prompts = new ArrayList<>();
            while (partitions.stream().anyMatch(p -> consumer.position(p) < end.get(p))) {
                consumer.poll(Duration.ofMillis(100)).forEach(r -> prompts.add(r.value()));
            }
            return prompts;
        }
    }
}
