package io.counterflow.cli.dashboard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.broker.EmbeddedLog;
import io.counterflow.log.Log;
import io.counterflow.log.Topic;
import io.counterflow.schemas.DeadLetter;
import io.counterflow.trainer.Runs;
import io.counterflow.trainer.SampledGroups;
import io.counterflow.trainer.TrainerService;
import io.counterflow.trainer.batch.SourceConfig;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DashboardTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    static Path directory;

    private static EmbeddedLog embedded;
    private static Log log;
    private static Dashboard dashboard;

    private final HttpClient http = HttpClient.newHttpClient();

    @BeforeAll
    static void start() {
        embedded = EmbeddedLog.start(directory.resolve("kafka"));
        log = new Log(embedded.config());
        log.createTopics();
        dashboard = new Dashboard(log, InstantSource.system(), "127.0.0.1", 0);
        try (SampledGroups groups = new SampledGroups(log, 3)) {
            groups.publish("past", 12);
        }
        new TrainerService(
                        log,
                        Runs.of("shown", directory, SourceConfig.offline(List.of("past"), 1), null, 2),
                        InstantSource.system())
                .run();
        try (Producer<String, SpecificRecord> producer = log.producer(Map.of())) {
            for (int i = 0; i < 2; i++) {
                producer.send(new ProducerRecord<>(log.topicName(Topic.DEAD_LETTERS), "k", letter(i)));
            }
        }
    }

    @AfterAll
    static void stop() {
        dashboard.close();
        log.close();
        embedded.close();
    }

    @Test
    void runsAppearWithTheirNewestNumbersWhileTheLogGrows() {
        await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
            JsonNode state = JSON.readTree(get("api/state").body());
            assertThat(state.get("failure").isNull()).isTrue();
            JsonNode run = state.get("runs").get(0);
            assertThat(run.get("runId").asText()).isEqualTo("shown");
            assertThat(run.get("objective").asText()).isEqualTo("copg, β 0.1");
            assertThat(run.get("step").asLong()).isEqualTo(3);
            assertThat(run.get("ended").asBoolean()).isTrue();
            assertThat(run.get("used").asLong()).isEqualTo(12);
            assertThat(run.get("metrics").get("reward.mean").asDouble()).isBetween(0.0, 1.0);
            assertThat(state.get("records").get("scored-groups").asLong()).isEqualTo(12);
            assertThat(state.get("deadLetters")
                            .get("scorer judge: no answer within # s")
                            .asLong())
                    .as("causes that differ in numbers only are one")
                    .isEqualTo(2);
        });
    }

    @Test
    void aRunShowsItsCurvesAndTheNewestCompletionsWithEveryScore() {
        await().atMost(Duration.ofMinutes(2)).untilAsserted(() -> {
            JsonNode trained = JSON.readTree(get("api/runs/shown").body());
            assertThat(trained.get("steps")).hasSize(3);
            assertThat(trained.get("steps").get(2).get("metrics").has("h.rank.1"))
                    .isTrue();
            JsonNode sampled = JSON.readTree(get("api/runs/past").body());
            assertThat(sampled.get("newest").get(0).get("scores").get("even@2").asText())
                    .isEqualTo(sampled.get("newest").get(0).get("reward").asText());
        });
    }

    @Test
    void thePageNeedsNothingFromElsewhere() throws Exception {
        HttpResponse<String> page = get("");

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("<title>Counterflow</title>").doesNotContainPattern("(src|href)=\"https?:");
        assertThat(get("echarts.js").statusCode()).isEqualTo(200);
        assertThat(get("runs/shown").body()).contains("const run = {\"runId\":\"shown\"");
    }

    @Test
    void whatIsNotThereIsSaidSo() throws Exception {
        assertThat(get("api/runs/nobody").statusCode()).isEqualTo(404);
        assertThat(get("runs/nobody").body())
                .isEqualTo("no run nobody in training-steps; is this the right cluster and topic prefix?\n");
        assertThat(get("etc/passwd").statusCode()).isEqualTo(404);
    }

    private HttpResponse<String> get(String path) throws Exception {
        URI address = dashboard.address().resolve("/" + path);
        return http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static DeadLetter letter(int seconds) {
        return DeadLetter.newBuilder()
                .setTopic("completions")
                .setPartition(0)
                .setOffset(seconds)
                .setKey(null)
                .setValue(ByteBuffer.wrap(new byte[] {1}))
                .setComponent("scorer judge")
                .setCause("no answer within " + seconds + " s")
                .setFailedAt(Instant.EPOCH)
                .build();
    }
}
