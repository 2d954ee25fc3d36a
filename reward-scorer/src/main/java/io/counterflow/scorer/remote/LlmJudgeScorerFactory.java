package io.counterflow.scorer.remote;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.exchange.JsonExchange;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code llm-judge}: asks a model behind an OpenAI-compatible {@code /chat/completions} endpoint for a score. What is
 * judged is quoted as {@link JudgeRequest} says, the answer is read as {@link Judgement} says.
 */
public final class LlmJudgeScorerFactory implements ScorerFactory<LlmJudgeScorerFactory.Config> {

    private static final String RUBRIC = """
            Judge how well the response answers the prompt: correct, complete, and no longer than needed.

            Prompt:
            {prompt}

            Response:
            {completion}

            Explain your judgement in a few sentences. Then end with one line that says "Score: N", where N is a number from {min} \
            (useless) to {max} (perfect).
            """;

    /**
     * Configuration.
     *
     * @param url the endpoint, up to and with /v1
     * @param model which model
     * @param apiKeyVariable environment variable that holds the key
     * @param rubric the request's text, with {prompt}, {completion}, {min}, {max} and {metadata.KEY}
     * @param min least score
     * @param max greatest score
     * @param maxTokens most tokens of an answer
     * @param timeLimit limit of one request
     */
    public record Config(
            @JsonPropertyDescription("The endpoint, up to and with /v1.")
            URI url,

            @JsonPropertyDescription("Which model.") String model,

            @JsonPropertyDescription("Environment variable that holds the key. Default: none is sent.")
            String apiKeyVariable,

            @JsonPropertyDescription(
                    "The request, with {prompt}, {completion}, {min}, {max} and {metadata.KEY}. Default: a general one.")
            String rubric,

            @JsonPropertyDescription("Least score. Default: 1.")
            Double min,

            @JsonPropertyDescription("Greatest score. Default: 10.")
            Double max,

            @JsonPropertyDescription("Most tokens of an answer. Default: 512.")
            Integer maxTokens,

            @JsonPropertyDescription("Limit of one request. Default: 60s.")
            Duration timeLimit) {
        /** Fills in defaults. */
        public Config {
            if (url == null || model == null) {
                throw new IllegalArgumentException(
                        "the llm-judge scorer needs a url, e.g. http://127.0.0.1:8000/v1, and a model");
            }
            if (!List.of("http", "https").contains(String.valueOf(url.getScheme())) || url.getHost() == null) {
                throw new IllegalArgumentException("url " + url + " must be like http://127.0.0.1:8000/v1");
            }
            rubric = requireNonNullElse(rubric, RUBRIC);
            min = requireNonNullElse(min, 1.0);
            max = requireNonNullElse(max, 10.0);
            maxTokens = requireNonNullElse(maxTokens, 512);
            timeLimit = requireNonNullElse(timeLimit, Duration.ofSeconds(60));
            if (maxTokens < 1 || maxTokens > 10_000_000) {
                throw new IllegalArgumentException("maxTokens " + maxTokens + " must be from 1 to 10000000");
            }
            if (!(Math.abs(min) <= 1e6 && Math.abs(max) <= 1e6)) {
                throw new IllegalArgumentException("min " + min + " and max " + max + " must be from -1e6 to 1e6");
            }
            if (!(min < max)) {
                throw new IllegalArgumentException("min " + min + " must be less than max " + max);
            }
            if (!rubric.contains("{completion}")) {
                throw new IllegalArgumentException("the rubric has no {completion} in it");
            }
        }
    }

    /** For the service loader. */
    public LlmJudgeScorerFactory() {}

    @Override
    public String name() {
        return "llm-judge";
    }

    @Override
    public Duration timeLimit() {
        return Duration.ofMinutes(30);
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public Scorer create(Config config) {
        String key = config.apiKeyVariable == null ? null : System.getenv(config.apiKeyVariable);
        if (config.apiKeyVariable != null && key == null) {
            throw new IllegalArgumentException(
                    "environment variable " + config.apiKeyVariable + " is not set; it should hold the key");
        }
        HttpClient client =
                HttpClient.newBuilder().connectTimeout(config.timeLimit).build();
        JudgeRequest requests = new JudgeRequest(config.rubric, config.min, config.max);
        Judgement judgement = new Judgement(config.min, config.max, config.maxTokens);
        return batch -> {
            List<ScoreOutcome> outcomes = new ArrayList<>();
            for (ScoreRequest request : batch) {
                try {
                    RemoteCall.Answer answer = ask(client, config, key, requests.text(request));
                    outcomes.add(
                            answer.status() == 200
                                    ? judgement.read(JsonExchange.tree(answer.body()))
                                    : new Failed(config.url + " answered " + answer.status() + ": " + reason(answer)));
                } catch (HttpTimeoutException e) {
                    outcomes.add(new TimedOut("no judgement within " + config.timeLimit));
                } catch (IOException | IllegalArgumentException e) {
                    outcomes.add(new Failed("asking " + config.url + " failed: " + e.getMessage()));
                }
            }
            return outcomes;
        };
    }

    private static RemoteCall.Answer ask(HttpClient client, Config config, String key, String text)
            throws IOException, InterruptedException {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("model", config.model);
        body.put("temperature", 0);
        body.put("max_tokens", config.maxTokens);
        body.putArray("messages").addObject().put("role", "user").put("content", text);
        HttpRequest.Builder http = HttpRequest.newBuilder(
                        URI.create(config.url.toString().replaceAll("/+$", "") + "/chat/completions"))
                .timeout(config.timeLimit)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JsonExchange.text(body)));
        if (key != null) {
            http.header("Authorization", "Bearer " + key);
        }
        return RemoteCall.send(client, http.build());
    }

    /** What a server says of a refusal: its message where it has one, else what its answer begins with. */
    private static String reason(RemoteCall.Answer answer) {
        try {
            JsonNode error = JsonExchange.tree(answer.body());
            for (String place : List.of("/error/message", "/message", "/detail", "/error")) {
                if (error.at(place).isTextual()) {
                    return JsonExchange.shorten(error.at(place).asText());
                }
            }
        } catch (IllegalArgumentException e) {
            // No JSON: a proxy's page, say.
        }
        return JsonExchange.shorten(answer.body().strip().replaceAll("\\s*\\R\\s*", " "));
    }
}
