package io.counterflow.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.log.registry.InMemorySchemaRegistry;
import io.counterflow.schemas.Score;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class BrokerFaultTest {

    @TempDir
    Path directory;

    /** Three brokers beside a controller of their own; the leader of what is written goes away and comes back. */
    @Test
    @Timeout(120)
    void transactionsGoOnWhileALeaderIsDownAndNothingIsLostOrDoubled() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(directory, 3, 0, Map.of());
                Log log = new Log(
                        new LogConfig(kafka.bootstrapServers(), "unused", null, 1, 3, Map.of()),
                        new InMemorySchemaRegistry())) {
            log.createTopics();
            String topic = log.topicName(Topic.SCORES);
            List<String> written = new ArrayList<>();
            try (Producer<String, SpecificRecord> producer = log.producer(Map.of("transactional.id", "t"))) {
                producer.initTransactions();
                int leader = leader(log, topic);
                for (int i = 0; i < 30; i++) {
                    if (i == 10) {
                        kafka.stopBroker(leader);
                    }
                    if (i == 20) {
                        kafka.startBroker(leader);
                    }
                    producer.beginTransaction();
                    producer.send(new ProducerRecord<>(topic, "p", score("a" + i)));
                    producer.send(new ProducerRecord<>(topic, "p", score("b" + i)));
                    producer.commitTransaction();
                    written.add("a" + i);
                    written.add("b" + i);
                }
            }
            List<String> read = new ArrayList<>();
            try (LogReader<Score> reader = new LogReader<>(log, Topic.SCORES, Score.class)) {
                reader.read(reader.everything(), r -> read.add(r.value().getCompletionId()));
            }
            assertThat(read).isEqualTo(written);
        }
    }

    private static int leader(Log log, String topic) throws Exception {
        try (Admin admin = log.admin()) {
            return admin.describeTopics(List.of(topic))
                    .allTopicNames()
                    .get()
                    .get(topic)
                    .partitions()
                    .get(0)
                    .leader()
                    .id();
        }
    }

    private static Score score(String completionId) {
        return Score.newBuilder()
                .setCompletionId(completionId)
                .setGroupId("g")
                .setPromptId("p")
                .setRunId("r")
                .setScorer("s")
                .setScorerVersion("1")
                .setOutcome(io.counterflow.schemas.Outcome.SCORED)
                .setValue(1.0)
                .setDurationMicros(1)
                .setScoredAt(Instant.EPOCH)
                .build();
    }
}
