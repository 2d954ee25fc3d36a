package io.counterflow.model;

import static java.util.Objects.requireNonNull;

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
}
