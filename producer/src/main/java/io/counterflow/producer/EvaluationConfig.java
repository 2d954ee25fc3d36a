package io.counterflow.producer;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.producer.source.SamplingConfig;

/** How held-out prompts are sampled from versions that ask for it. Nulls stand for the defaults. */
public record EvaluationConfig(
        @JsonPropertyDescription("Split of the task that is sampled. Default: held-out.")
        String split,

        @JsonPropertyDescription("Completions of each held-out prompt. Default: 2.")
        Integer samplesPerPrompt,

        @JsonPropertyDescription("Most prompts of each partition, the first by prompt id; 0 takes all. Default: 0.")
        Integer maxPrompts,

        @JsonPropertyDescription("How they are sampled. Default: as for training.")
        SamplingConfig sampling) {

    public EvaluationConfig {
        split = split == null ? "held-out" : split;
        samplesPerPrompt = samplesPerPrompt == null ? 2 : samplesPerPrompt;
        maxPrompts = maxPrompts == null ? 0 : maxPrompts;
        if (samplesPerPrompt < 1 || samplesPerPrompt > 100_000) {
            throw new IllegalArgumentException("producer.evaluation.samplesPerPrompt is " + samplesPerPrompt
                    + ", must be at least 1 and at most 100000");
        }
        if (maxPrompts < 0 || maxPrompts > 1_000_000_000) {
            throw new IllegalArgumentException(
                    "producer.evaluation.maxPrompts is " + maxPrompts + ", must be 0 or more and at most 1000000000");
        }
    }

    public static EvaluationConfig defaults() {
        return new EvaluationConfig(null, null, null, null);
    }
}
