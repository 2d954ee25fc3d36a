package io.counterflow.model;

import java.util.List;

/**
 * How to sample. The filters apply in this order, as in transformers: repetition penalty, temperature, top-k, top-p.
 *
 * @param temperature divides the logits; 0 takes the most probable token, and a temperature below {@link #LEAST_TEMPERATURE} is 0
 * @param topK keep only so many of the most probable tokens; 0 keeps all
 * @param topP keep the fewest most probable tokens that together hold at least this probability; 1 keeps all
 * @param repetitionPenalty divides positive and multiplies negative logits of tokens that occurred in prompt or completion; 1 is none
 * @param maxTokens most tokens that are sampled, the end-of-sequence token included
 * @param stopStrings sampling ends as soon as the completion's text contains one of them; empty for none
 */
public record SamplingSettings(
        double temperature, int topK, double topP, double repetitionPenalty, int maxTokens, List<String> stopStrings) {
    /**
     * Below this nothing is left to draw, for no two different logits are so close, and logits divided by it would leave the range of
     * float32.
     */
    public static final double LEAST_TEMPERATURE = 1e-30;

    // Beyond, a logit would leave the range of float32.
    private static final double MOST_PENALTY = 1e6;

    public SamplingSettings {
        if (!(temperature >= 0) || Double.isInfinite(temperature)) {
            throw new IllegalArgumentException("temperature is " + temperature + "; it must be 0 (greedy) or more");
        }
        temperature = temperature < LEAST_TEMPERATURE ? 0 : temperature;
        if (topK < 0) {
            throw new IllegalArgumentException("topK is " + topK + "; it must be 0 (all tokens) or more");
        }
        if (!(topP > 0) || topP > 1) {
            throw new IllegalArgumentException("topP is " + topP + "; it must be above 0 and at most 1 (all tokens)");
        }
        if (!(repetitionPenalty >= 1 / MOST_PENALTY && repetitionPenalty <= MOST_PENALTY)) {
            throw new IllegalArgumentException(
                    "repetitionPenalty is " + repetitionPenalty + "; it must be from 1e-6 to 1e6, and is 1 for none");
        }
        if (maxTokens < 1) {
            throw new IllegalArgumentException("maxTokens is " + maxTokens + "; it must be at least 1");
        }
        stopStrings = List.copyOf(stopStrings);
        if (stopStrings.contains("")) {
            throw new IllegalArgumentException("A stop string is empty; it would end every completion at once");
        }
    }

    /** Samples from the model as it is. */
    public static SamplingSettings plain(double temperature, int maxTokens) {
        return new SamplingSettings(temperature, 0, 1, 1, maxTokens, List.of());
    }

    /** Takes the most probable token each time. */
    public static SamplingSettings greedy(int maxTokens) {
        return plain(0, maxTokens);
    }
}
