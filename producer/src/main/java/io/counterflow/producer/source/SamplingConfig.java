package io.counterflow.producer.source;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.List;

/** How completions are sampled. Nulls stand for the defaults. */
public record SamplingConfig(
        @JsonPropertyDescription(
                "Divides the logits, up to 100; 0 takes the most probable token always, and so does less than 1e-30. Default: 1.")
        Double temperature,

        @JsonPropertyDescription("Keep only the k most probable tokens; 0 keeps all. Default: 0.")
        Integer topK,

        @JsonPropertyDescription(
                "Keep the smallest set of tokens with at least this probability; 1 keeps all." + " Default: 1.")
        Double topP,

        @JsonPropertyDescription("Penalty on tokens that occurred before; 1 is none. Default: 1.")
        Double repetitionPenalty,

        @JsonPropertyDescription("Most tokens of a completion. Default: 64.")
        Integer maxTokens,

        @JsonPropertyDescription("A completion ends before the first of these strings. Default: none.")
        List<String> stopStrings) {

    public SamplingConfig {
        temperature = temperature == null ? 1.0 : temperature;
        topK = topK == null ? 0 : topK;
        topP = topP == null ? 1.0 : topP;
        repetitionPenalty = repetitionPenalty == null ? 1.0 : repetitionPenalty;
        maxTokens = maxTokens == null ? 64 : maxTokens;
        stopStrings = stopStrings == null ? List.of() : List.copyOf(stopStrings);
        require(temperature >= 0 && temperature <= 100, "temperature", temperature, "0 or more and at most 100");
        require(topK >= 0 && topK <= 10_000_000, "topK", topK, "0 or more and at most 10000000");
        require(topP > 0 && topP <= 1, "topP", topP, "above 0 and at most 1");
        require(
                repetitionPenalty >= 1e-6 && repetitionPenalty <= 1e6,
                "repetitionPenalty",
                repetitionPenalty,
                "from 1e-6 to 1e6");
        require(maxTokens >= 1 && maxTokens <= 10_000_000, "maxTokens", maxTokens, "at least 1 and at most 10000000");
        require(stopStrings.stream().noneMatch(String::isEmpty), "stopStrings", stopStrings, "without empty strings");
    }

    /** Temperature 1, nothing cut off. */
    public static SamplingConfig upTo(int maxTokens) {
        return new SamplingConfig(null, null, null, null, maxTokens, null);
    }

    private static void require(boolean condition, String key, Object value, String allowed) {
        if (!condition) {
            throw new IllegalArgumentException("producer.sampling." + key + " is " + value + ", must be " + allowed);
        }
    }
}
