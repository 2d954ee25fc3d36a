package io.counterflow.producer.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.broker.EmbeddedKafka;
import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Log;
import io.counterflow.log.LogConfig;
import io.counterflow.log.Topic;
import io.counterflow.log.registry.InMemorySchemaRegistry;
import io.counterflow.log.registry.SchemaRegistry;
import io.counterflow.log.registry.SchemaRegistryUnavailableException;
import io.counterflow.producer.ProducerFixture;
import io.counterflow.producer.gateway.GatewayClient.Answer;
import io.counterflow.schemas.Completion;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.avro.Schema;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to the log or to the gateway: what was answered as written is in the log, and what is sent again counts once. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@ExtendWith(SharedBroker.class)
class GatewayFaultTest {

    private static final int PROMPTS = 4;
    private static final int EACH = 40;

    @TempDir
    private Path folder;

    private static String completion(String group, int index) {
        return "{'prompt': 'p', 'token_ids': [3, 4, 2], 'group': '%s', 'group_size': %d, 'index': %d}"
                .formatted(group, EACH, index);
    }

    @Test
    void whileTheBrokerIsDownNothingIsTakenAndAfterwardsWhatIsSentAgainCountsOnce() throws Exception {
        try (EmbeddedKafka kafka = EmbeddedKafka.start(folder.resolve("kafka"), 1, 0, Map.of())) {
            LogConfig config = new LogConfig(kafka.bootstrapServers(), null, "", 2, 1, Map.of());
            try (Log log = new Log(config, new InMemorySchemaRegistry())) {
                log.createTopics();
                try (GatewayFixture gateway = new GatewayFixture(log, words(), Duration.ofSeconds(4))) {
                    GatewayClient client = gateway.client();
                    String id = client.post("/completions", completion("g", 0)).id();
                    String score = "{'completion': '" + id + "', 'scorer': 's', 'value': 1}";
                    kafka.stopBroker(1);
                    Answer refused = client.post("/completions", completion("g", 1));
                    assertThat(refused.status()).isEqualTo(503);
                    assertThat(refused.error()).contains("send it again");
                    assertThat(client.post("/scores", score).status()).isEqualTo(503);
                    kafka.startBroker(1);
                    assertThat(untilTaken(client, "/completions", completion("g", 1)))
                            .isIn(200, 201);
                    assertThat(untilTaken(client, "/scores", score)).isIn(200, 201);
                    assertThat(gateway.completions())
                            .extracting(Completion::getIndexInGroup)
                            .containsExactlyInAnyOrder(0, 1);
                    assertThat(gateway.scores()).hasSize(1);
                }
            }
        }
    }

    /** A broker that has just started takes a while. */
    private static int untilTaken(GatewayClient client, String path, String body) throws Exception {
        int status = 503;
        for (int attempt = 0; attempt < 20 && status == 503; attempt++) {
            status = client.post(path, body).status();
        }
        return status;
    }

    @Test
    void whileTheRegistryIsDownNothingIsTaken(EmbeddedLog embedded) throws Exception {
        AtomicBoolean down = new AtomicBoolean();
        SchemaRegistry memory = new InMemorySchemaRegistry();
        SchemaRegistry registry = new SchemaRegistry() {
            @Override
            public int register(String subject, Schema schema) {
                if (down.get()) {
                    throw new SchemaRegistryUnavailableException(
                            "the registry does not answer", new IOException("refused"));
                }
                return memory.register(subject, schema);
            }

            @Override
            public Schema byId(int id) {
                return memory.byId(id);
            }
        };
        LogConfig config = new LogConfig(
                embedded.config().bootstrapServers(), null, "registry" + System.nanoTime() + ".", 2, 1, Map.of());
        try (Log log = new Log(config, registry)) {
            log.createTopics();
            try (GatewayFixture gateway = new GatewayFixture(log, words(), Duration.ofSeconds(20))) {
                down.set(true);
                Answer refused = gateway.client().post("/completions", completion("g", 0));
                assertThat(refused.status()).isEqualTo(503);
                assertThat(refused.error()).contains("not written", "the registry does not answer");
                assertThat(gateway.completions()).isEmpty();
                down.set(false);
                assertThat(gateway.client()
                                .post("/completions", completion("g", 0))
                                .status())
                        .isEqualTo(201);
            }
        }
    }

    @Test
    void aRecordOfASchemaThatTheRegistryDoesNotKnowStopsNothing(EmbeddedLog embedded) throws Exception {
        try (ProducerFixture log = new ProducerFixture(embedded, "unknown" + System.nanoTime())) {
            try (var producer = log.log().rawProducer(Map.of())) {
                for (Topic topic : List.of(Topic.COMPLETIONS, Topic.SCORES)) {
                    for (int partition = 0; partition < 4; partition++) {
                        var unused = producer.send(new ProducerRecord<>(
                                        log.log().topicName(topic),
                                        partition,
                                        "key".getBytes(StandardCharsets.UTF_8),
                                        new byte[] {0, 0, 1, 1, 1, 7}))
                                .get();
                    }
                }
            }
            try (GatewayFixture gateway = new GatewayFixture(log.log(), words(), Duration.ofSeconds(20))) {
                GatewayClient client = gateway.client();
                String id = client.post("/completions", completion("g", 0)).id();
                assertThat(client.post("/completions", completion("g", 0)).status())
                        .isEqualTo(200);
                assertThat(client.post("/scores", "{'completion': '" + id + "', 'scorer': 's', 'value': 1}")
                                .status())
                        .isEqualTo(201);
            }
        }
    }

    @Test
    void killedBetweenRequestAndAnswerItLosesNothingThatItAnsweredAndWhatIsSentAgainCountsOnce(EmbeddedLog embedded)
            throws Exception {
        try (ProducerFixture log = new ProducerFixture(embedded, "killed" + System.nanoTime())) {
            Set<String> answered = ConcurrentHashMap.newKeySet();
            CountDownLatch some = new CountDownLatch(PROMPTS * EACH / 4);
            try (GatewayChild child = GatewayChild.start(log.log().config(), words())) {
                List<Thread> senders = new ArrayList<>();
                for (int sender = 0; sender < PROMPTS; sender++) {
                    String group = "g" + sender;
                    Thread thread = new Thread(() -> {
                        try {
                            for (int i = 0; i < EACH; i++) {
                                Answer answer = child.client().post("/completions", completion(group, i));
                                if (answer.status() == 201) {
                                    answered.add(answer.id());
                                    some.countDown();
                                }
                            }
                        } catch (IOException | InterruptedException e) {
                            // The gateway is dead.
                        }
                    });
                    thread.start();
                    senders.add(thread);
                }
                assertThat(some.await(2, TimeUnit.MINUTES)).isTrue();
                child.kill();
                for (Thread sender : senders) {
                    sender.join();
                }
            }
            List<Completion> there = log.completions();
            assertThat(there).extracting(Completion::getCompletionId).containsAll(answered);
            assertThat(answered).hasSizeLessThan(PROMPTS * EACH);
            try (GatewayFixture gateway = new GatewayFixture(log.log(), words(), Duration.ofSeconds(20))) {
                for (int sender = 0; sender < PROMPTS; sender++) {
                    for (int i = 0; i < EACH; i++) {
                        Answer answer = gateway.client().post("/completions", completion("g" + sender, i));
                        assertThat(answer.status()).as(answer.error()).isIn(200, 201);
                    }
                }
                assertThat(gateway.completions())
                        .extracting(Completion::getCompletionId)
                        .hasSize(PROMPTS * EACH)
                        .doesNotHaveDuplicates();
            }
        }
    }

    private Path words() throws IOException {
        return Files.createDirectories(folder.resolve("words"));
    }
}
