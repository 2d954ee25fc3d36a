package io.counterflow.scorer.remote;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.exchange.JsonExchange;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code http}: POSTs {@code {"batch": [REQUEST, ...]}} and expects {@code {"outcomes": [OUTCOME, ...]}}, one for each request, in
 * the JSON of {@link JsonExchange}, in any order: an outcome repeats the {@code id} of its request. A request without one has failed; an outcome
 * without an id, with an unknown one or with one that was there before fails the batch, as any status but 200 does. Concurrency, retries and back-off are the
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
            if (url.getPort() > 65_535) {
                throw new IllegalArgumentException(
                        "url " + url + " has port " + url.getPort() + "; ports end at 65535");
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
    public void check(Config config) {
        // Headers that may not be sent are refused here, and not by the first batch.
        HttpRequest.Builder request = HttpRequest.newBuilder(config.url);
        config.headers.forEach(request::header);
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
        // A file may use an identifier twice; in a batch each is there once.
        Map<String, Integer> places = new LinkedHashMap<>();
        for (int i = 0; i < batch.size(); i++) {
            String id = batch.get(i).id() + "#" + (i + 1);
            places.put(id, i);
            requests.add(JsonExchange.node(batch.get(i)).put("id", id));
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(config.url)
                .timeout(config.timeLimit)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JsonExchange.text(body)));
        config.headers.forEach(request::header);
        RemoteCall.Answer answer = RemoteCall.send(client, request.build());
        if (answer.status() != 200) {
            return all(batch, config.url + " answered " + answer.status() + ": " + start(answer.body()));
        }
        JsonNode outcomes = JsonExchange.tree(answer.body()).path("outcomes");
        if (!outcomes.isArray()) {
            return all(batch, config.url + " answered without an array \"outcomes\": " + start(answer.body()));
        }
        return inOrder(config.url, places, outcomes);
    }

    /** The outcomes in the order of their requests, brought together by identifier. */
    private static List<ScoreOutcome> inOrder(URI url, Map<String, Integer> places, JsonNode outcomes) {
        ScoreOutcome[] read = new ScoreOutcome[places.size()];
        for (JsonNode outcome : outcomes) {
            Integer place = outcome.path("id").isTextual()
                    ? places.get(outcome.get("id").asText())
                    : null;
            if (place == null || read[place] != null) {
                String what = !outcome.path("id").isTextual()
                        ? "an outcome that does not repeat the \"id\" of its request"
                        : place == null ? "an outcome for a request that nobody made" : "two outcomes for one request";
                String cause = url + " answered with " + what + ", so that nobody can tell which completion has which: "
                        + start(outcome.toString());
                return Collections.nCopies(read.length, new Failed(cause));
            }
            read[place] = JsonExchange.readOutcome(outcome);
        }
        for (int i = 0; i < read.length; i++) {
            if (read[i] == null) {
                read[i] = new Failed(url + " answered with " + outcomes.size() + " outcomes for a batch of "
                        + read.length + ", and none for this completion");
            }
        }
        return List.of(read);
    }

    private static List<ScoreOutcome> all(List<ScoreRequest> batch, String cause) {
        return Collections.nCopies(batch.size(), new Failed(cause));
    }

    private static String start(String body) {
        return body.length() <= 200 ? body : body.substring(0, 200) + " ...";
    }
}
