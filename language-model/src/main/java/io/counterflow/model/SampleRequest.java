package io.counterflow.model;

import static java.util.Objects.requireNonNull;

import io.counterflow.model.sampling.Filters;
import io.counterflow.model.sampling.Row;
import io.counterflow.model.sampling.StopRule;
import io.counterflow.model.tokenizer.Tokenizer;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One completion to be sampled.
 *
 * @param prompt at least one token
 * @param seed the sample depends on this, the prompt and the settings, not on what else is in the batch (but for the rounding of
 *     float32, which depends on the batch's size)
 */
public record SampleRequest(int[] prompt, SamplingSettings settings, long seed) {
    public SampleRequest {
        requireNonNull(prompt, "prompt is null");
        requireNonNull(settings, "settings is null");
    }

    /**
     * @param endTokens tokens that end the completion
     * @param tokenizer makes tokens into text, where there is one
     */
    Row row(Set<Integer> endTokens, Optional<Tokenizer> tokenizer) {
        Filters filters =
                new Filters(settings.temperature(), settings.topK(), settings.topP(), settings.repetitionPenalty());
        StopRule stop = new StopRule(settings.maxTokens(), endTokens, settings.stopStrings(), tokenizer);
        return new Row(prompt, filters, stop, new SplittableRandom(seed));
    }
}
