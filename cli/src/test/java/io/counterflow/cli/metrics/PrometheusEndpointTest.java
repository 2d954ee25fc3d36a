package io.counterflow.cli.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.producer.ProducerListener;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Purpose;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.service.ScoringListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PrometheusEndpointTest {

    private final HttpClient http = HttpClient.newHttpClient();

    @Test
    void prometheusReadsWhatTheServicesCountAndTheJvm() throws Exception {
        try (PrometheusEndpoint endpoint = PrometheusEndpoint.start(new MetricsConfig(0, null))) {
            ServiceMeters meters = new ServiceMeters(endpoint.registry());
            ProducerListener producer = meters.producer("r", ProducerListener.NONE);
            producer.groupsPublished(Purpose.TRAINING, 16, 32, 7);
            producer.groupsPublished(Purpose.EVALUATION, 4, 8, 7);
            producer.paused(300);
            meters.trainer("r").record(3, new TreeMap<>(Map.of("kl", 0.25, "h.rank.1", -1.5, "score.unit-tests", 0.5)));

            HttpResponse<String> answer = get(endpoint.address().orElseThrow());

            assertThat(answer.statusCode()).isEqualTo(200);
            assertThat(answer.headers().firstValue("Content-Type"))
                    .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain; version=0.0.4"));
            assertThat(answer.body())
                    .contains(
                            "counterflow_producer_completions_total{purpose=\"training\",run=\"r\"} 32.0",
                            "counterflow_producer_groups_total{purpose=\"evaluation\",run=\"r\"} 4.0",
                            "counterflow_producer_paused_for_groups{run=\"r\"} 300.0",
                            "counterflow_trainer_step{run=\"r\"} 3.0",
                            "counterflow_trainer_kl{run=\"r\"} 0.25",
                            "counterflow_trainer_h_rank_1{run=\"r\"} -1.5",
                            "counterflow_trainer_score_unit_tests{run=\"r\"} 0.5",
                            "jvm_memory_used_bytes");
        }
    }

    @Test
    void prometheusReadsWhatScorersDo() throws Exception {
        try (PrometheusEndpoint endpoint = PrometheusEndpoint.start(new MetricsConfig(0, null))) {
            ScoringListener scoring = new ServiceMeters(endpoint.registry()).scoring(ScoringListener.NONE);
            scoring.called(
                    new ScorerId("judge", "2"),
                    Duration.ofMillis(1500),
                    List.of(ScoreOutcome.of(1), new ScoreOutcome.Failed("503")));
            scoring.scored(Score.newBuilder()
                    .setCompletionId("c")
                    .setGroupId("g")
                    .setPromptId("p")
                    .setRunId("r")
                    .setScorer("judge")
                    .setScorerVersion("2")
                    .setOutcome(Outcome.TIMED_OUT)
                    .setCause("no answer")
                    .setDurationMicros(2_000_000)
                    .setScoredAt(Instant.EPOCH)
                    .build());

            assertThat(get(endpoint.address().orElseThrow()).body())
                    .contains(
                            "counterflow_scorer_scores_total{outcome=\"timed_out\",scorer=\"judge\",version=\"2\"} 1.0",
                            "counterflow_scorer_duration_seconds_sum{scorer=\"judge\",version=\"2\"} 2.0",
                            "counterflow_scorer_call_duration_seconds_sum{scorer=\"judge\",version=\"2\"} 1.5",
                            "counterflow_scorer_call_batch_sum{scorer=\"judge\",version=\"2\"} 2.0");
        }
    }

    @Test
    void withoutAPortNothingListensAndMetersCountAllTheSame() {
        try (PrometheusEndpoint endpoint = PrometheusEndpoint.start(MetricsConfig.none())) {
            new ServiceMeters(endpoint.registry()).trainer("r").record(1, new TreeMap<>(Map.of("loss", 0.5)));

            assertThat(endpoint.address()).isEmpty();
            assertThat(endpoint.registry()
                            .get("counterflow.trainer.loss")
                            .gauge()
                            .value())
                    .isEqualTo(0.5);
        }
    }

    @Test
    void aPortThatIsTakenIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThatThrownBy(() -> PrometheusEndpoint.start(new MetricsConfig(taken.getLocalPort(), null)))
                    .isInstanceOf(UncheckedIOException.class)
                    .hasMessageContaining("metrics.port " + taken.getLocalPort());
        }
        assertThatThrownBy(() -> new MetricsConfig(70_000, null)).hasMessageContaining("metrics.port is 70000");
    }

    private HttpResponse<String> get(URI address) throws Exception {
        return http.send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
    }
}
