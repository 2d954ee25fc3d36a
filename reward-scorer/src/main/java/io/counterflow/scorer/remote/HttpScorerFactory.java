package io.counterflow.scorer.remote;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.scorer.ScoreOutcome;
import io.counterflow.scorer.ScoreOutcome.Failed;
import io.counterflow.scorer.ScoreRequest;
import io.counterflow.scorer.Scorer;
import io.counterflow.scorer.ScorerFactory;
import io.counterflow.scorer.exchange.JsonExchange;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * {@code http}: POSTs {@code {"batch": [REQUEST, ...]}} and expects {@code {"outcomes": [OUTCOME, ...]}}, one for each request and
 * in order, in the JSON of {@link JsonExchange}. Any status but 200 fails the batch. Concurrency, retries and back-off are the
 * settings of every scorer.
 */
public final class HttpScorerFactory implements ScorerFactory<HttpScorerFactory.Config> {

    /**
     * Configuration.
     *
     * @param url where to POST
     * @param headers headers to send besides Content-Type
     * @param timeLimit limit of one request
     */
    public record Config(
            @JsonPropertyDescription("Where to POST batches.")
            URI url,

            @JsonPropertyDescription("Headers to send, e.g. Authorization: Bearer ...")
            Map<String, String> headers,

            @JsonPropertyDescription("Limit of one request. Default: 30s.")
            Duration timeLimit) {
        /** Fills in defaults. */
        public Config {
            if (url == null || !List.of("http", "https").contains(url.getScheme())) {
                throw new IllegalArgumentException("url " + url + " must begin with http:// or https://");
            }
            headers = headers == null ? Map.of() : Map.copyOf(headers);
            timeLimit = requireNonNullElse(timeLimit, Duration.ofSeconds(30));
        }
    }

    /** For the service loader. */
    public HttpScorerFactory() {}

    @Override
    public String name() {
        return "http";
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public Scorer create(Config config) {
        HttpClient client =
                HttpClient.newBuilder().connectTimeout(config.timeLimit).build();
        return batch -> score(client, config, batch);
    }

    private static List<ScoreOutcome> score(HttpClient client, Config config, List<ScoreRequest> batch)
            throws IOException, InterruptedException {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        ArrayNode requests = body.putArray("batch");
        batch.forEach(r -> requests.add(JsonExchange.node(r)));
        HttpRequest.Builder request = HttpRequest.newBuilder(config.url)
                .timeout(config.timeLimit)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JsonExchange.text(body)));
        config.headers.forEach(request::header);
        HttpResponse<String> response = RemoteCall.send(client, request.build());
        if (response.statusCode() != 200) {
            return all(batch, config.url + " answered " + response.statusCode() + ": " + start(response.body()));
        }
        JsonNode outcomes = JsonExchange.tree(response.body()).path("outcomes");
        if (!outcomes.isArray() || outcomes.size() != batch.size()) {
            return all(
                    batch,
                    config.url + " answered with " + outcomes.size() + " outcomes for a batch of " + batch.size());
        }
        List<ScoreOutcome> read = new ArrayList<>();
        outcomes.forEach(o -> read.add(JsonExchange.readOutcome(o)));
        return read;
    }

    private static List<ScoreOutcome> all(List<ScoreRequest> batch, String cause) {
        return Collections.nCopies(batch.size(), new Failed(cause));
    }

    private static String start(String body) {
        return body.length() <= 200 ? body : body.substring(0, 200) + " ...";
    }
}
