package io.counterflow.scorer.remote;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.scorer.ScoreOutcome;
import io.counterflow.scorer.ScoreOutcome.Failed;
import io.counterflow.scorer.ScoreOutcome.TimedOut;
import io.counterflow.scorer.ScoreRequest;
import io.counterflow.scorer.Scorer;
import io.counterflow.scorer.ScorerFactory;
import io.counterflow.scorer.exchange.JsonExchange;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code llm-judge}: asks a model behind an OpenAI-compatible {@code /chat/completions} endpoint for a score. The answer's last
 * line must be {@code Score: NUMBER}, with a number of the scale; anything else is a failure, never a guess.
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
    private static final Pattern SCORE = Pattern.compile("Score:\\s*(-?\\d+(?:\\.\\d+)?)\\s*");

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
            rubric = requireNonNullElse(rubric, RUBRIC);
            min = requireNonNullElse(min, 1.0);
            max = requireNonNullElse(max, 10.0);
            maxTokens = requireNonNullElse(maxTokens, 512);
            timeLimit = requireNonNullElse(timeLimit, Duration.ofSeconds(60));
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
        return batch -> {
            List<ScoreOutcome> outcomes = new ArrayList<>();
            for (ScoreRequest request : batch) {
                try {
                    outcomes.add(judge(client, config, key, request));
                } catch (HttpTimeoutException e) {
                    outcomes.add(new TimedOut("no judgement within " + config.timeLimit));
                } catch (IOException | IllegalArgumentException e) {
                    outcomes.add(new Failed("asking " + config.url + " failed: " + e.getMessage()));
                }
            }
            return outcomes;
        };
    }

    private static ScoreOutcome judge(HttpClient client, Config config, String key, ScoreRequest request)
            throws IOException, InterruptedException {
        ObjectNode body = JsonNodeFactory.instance.objectNode();
        body.put("model", config.model);
        body.put("temperature", 0);
        body.put("max_tokens", config.maxTokens);
        body.putArray("messages").addObject().put("role", "user").put("content", text(config, request));
        HttpRequest.Builder http = HttpRequest.newBuilder(
                        URI.create(config.url.toString().replaceAll("/+$", "") + "/chat/completions"))
                .timeout(config.timeLimit)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(JsonExchange.text(body)));
        if (key != null) {
            http.header("Authorization", "Bearer " + key);
        }
        HttpResponse<String> response = RemoteCall.send(client, http.build());
        if (response.statusCode() != 200) {
            return new Failed(config.url + " answered " + response.statusCode() + ": "
                    + response.body().lines().findFirst().orElse(""));
        }
        JsonNode answer = JsonExchange.tree(response.body()).at("/choices/0/message/content");
        return answer.isTextual() ? read(config, answer.asText()) : new Failed("the judge's answer has no text");
    }

    /** The score in a judge's answer. */
    static ScoreOutcome read(Config config, String answer) {
        String[] lines = answer.strip().split("\\R");
        String last = lines[lines.length - 1].strip();
        Matcher matcher = SCORE.matcher(last);
        if (!matcher.matches()) {
            return new Failed("the judge's last line is not 'Score: N' but '" + last + "'");
        }
        double score = Double.parseDouble(matcher.group(1));
        if (score < config.min || score > config.max) {
            return new Failed("the judge's score " + score + " is not between " + config.min + " and " + config.max);
        }
        return ScoreOutcome.of(
                (score - config.min) / (config.max - config.min),
                Map.of("score", score),
                Map.of("judgement", answer.strip()));
    }

    private static String text(Config config, ScoreRequest request) {
        // In one pass, so that braces in a completion are left alone.
        Matcher matcher = Pattern.compile("\\{(prompt|completion|min|max|metadata\\.([\\w.-]+))}")
                .matcher(config.rubric);
        return matcher.replaceAll(m -> Matcher.quoteReplacement(
                switch (m.group(1)) {
                    case "prompt" -> request.prompt();
                    case "completion" -> request.completion();
                    case "min" -> number(config.min);
                    case "max" -> number(config.max);
                    default -> request.metadata().getOrDefault(m.group(2), "");
                }));
    }

    private static String number(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
