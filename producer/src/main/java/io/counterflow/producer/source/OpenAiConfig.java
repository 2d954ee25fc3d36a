package io.counterflow.producer.source;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.producer.source.server.ServerKind;
import java.time.Duration;

/** A server with OpenAI's completions API. Nulls stand for the defaults. */
public record OpenAiConfig(
        @JsonPropertyDescription("Base URL, e.g. http://127.0.0.1:8000/v1.")
        String url,

        @JsonPropertyDescription("Which server it is: vllm, sglang, llama.cpp, openai (any other with OpenAI's"
                + " completions API), or auto, which asks it. They spell the same settings differently. Default: auto.")
        ServerKind server,

        @JsonPropertyDescription("Model to ask for, as the server names it.")
        String model,

        @JsonPropertyDescription("Environment variable that holds the API key. Default: none is sent.")
        String apiKeyVariable,

        @JsonPropertyDescription("Folder with the tokenizer.json of that model: prompts are measured and rendered with"
                + " it, and with encodeText it names the tokens of a completion.")
        String tokenizer,

        @JsonPropertyDescription("Tokens that prompt and completion may have together. Default: 4096.")
        Integer contextLength,

        @JsonPropertyDescription("Requests under way at a time. Default: 8.")
        Integer concurrency,

        @JsonPropertyDescription("How long one request may take. Default: 2m.")
        Duration timeLimit,

        @JsonPropertyDescription("How often a request is tried, with growing pauses. Default: 6.")
        Integer attempts,

        @JsonPropertyDescription("Of a server of kind openai: whether to send what is not in OpenAI's own API, the"
                + " question for the ids of the sampled tokens, and top_k, min_p and penalties where they are neutral. A"
                + " server that refuses fields it does not know needs false. Default: true.")
        Boolean askForTokenIds,

        @JsonPropertyDescription("Whether a completion whose token ids the server does not name is encoded again from"
                + " its text: tokens that may not be those that were sampled, which no record tells apart. Default:"
                + " false, such a server is refused.")
        Boolean encodeText,

        @JsonPropertyDescription("Policy version that completions are stamped with: the server's weights are not the"
                + " run's, so nothing else is known of them. Default: 0.")
        Long policyVersion) {

    public OpenAiConfig {
        server = server == null ? ServerKind.AUTO : server;
        contextLength = contextLength == null ? 4096 : contextLength;
        concurrency = concurrency == null ? 8 : concurrency;
        timeLimit = timeLimit == null ? Duration.ofMinutes(2) : timeLimit;
        attempts = attempts == null ? 6 : attempts;
        askForTokenIds = askForTokenIds == null || askForTokenIds;
        encodeText = encodeText != null && encodeText;
        policyVersion = policyVersion == null ? 0L : policyVersion;
        require(url != null && url.matches("https?://.+"), "url", url, "a URL like http://127.0.0.1:8000/v1");
        require(model != null && !model.isBlank(), "model", model, "the name of a model of that server");
        require(tokenizer != null, "tokenizer", tokenizer, "a folder with the tokenizer.json of the model");
        require(
                contextLength >= 2 && contextLength <= 100_000_000,
                "contextLength",
                contextLength,
                "at least 2 and at most 100000000");
        require(concurrency >= 1 && concurrency <= 10_000, "concurrency", concurrency, "at least 1 and at most 10000");
        require(timeLimit.toMillis() >= 1, "timeLimit", timeLimit, "positive");
        require(attempts >= 1 && attempts <= 1000, "attempts", attempts, "at least 1 and at most 1000");
        require(
                policyVersion >= 0 && policyVersion <= 1_000_000_000_000L,
                "policyVersion",
                policyVersion,
                "0 or more and at most 1000000000000");
    }

    private static void require(boolean condition, String key, Object value, String allowed) {
        if (!condition) {
            throw new IllegalArgumentException("producer.openAi." + key + " is " + value + ", must be " + allowed);
        }
    }
}
