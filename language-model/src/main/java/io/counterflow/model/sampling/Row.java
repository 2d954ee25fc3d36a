package io.counterflow.model.sampling;

import io.counterflow.model.FinishReason;
import io.counterflow.model.Sample;
import io.counterflow.model.SampleRequest;
import io.counterflow.model.SamplingSettings;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Function;

/** One completion while it is being sampled. */
final class Row {
    private final SampleRequest request;
    private final Set<Integer> endTokens;
    private final Function<int[], String> text;
    private final int mostTokens;
    private final SplittableRandom random;
    private int[] tokens = new int[16];
    private float[] logProbabilities = new float[16];
    private int length;
    private Sample sample;

    Row(SampleRequest request, Set<Integer> endTokens, int context, Function<int[], String> text) {
        this.request = request;
        this.endTokens = endTokens;
        this.text = text;
        mostTokens = Math.min(request.settings().maxTokens(), context - request.prompt().length);
        random = new SplittableRandom(request.seed());
    }

    int[] prompt() {
        return request.prompt();
    }

    SamplingSettings settings() {
        return request.settings();
    }

    /** As many tokens as the settings allow and the context has room for. */
    int mostTokens() {
        return mostTokens;
    }

    /** The next number of this sequence's own stream, uniform in [0, 1). */
    double draw() {
        return random.nextDouble();
    }

    boolean finished() {
        return sample != null;
    }

    Sample sample() {
        return sample;
    }

    /** Takes the next token; does nothing when the completion is finished. */
    void take(int token, float logProbability) {
        if (finished()) {
            return;
        }
        if (length == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * length);
            logProbabilities = Arrays.copyOf(logProbabilities, 2 * length);
        }
        tokens[length] = token;
        logProbabilities[length++] = logProbability;
        if (endTokens.contains(token)) {
            finish(text.apply(Arrays.copyOf(tokens, length - 1)), FinishReason.STOP);
        } else if (stopStringAppeared()) {
            String all = text.apply(Arrays.copyOf(tokens, length));
            finish(all.substring(0, firstStop(all)), FinishReason.STOP_STRING);
        } else if (length == mostTokens) {
            finish(text.apply(Arrays.copyOf(tokens, length)), FinishReason.LENGTH);
        }
    }

    private void finish(String completion, FinishReason reason) {
        sample = new Sample(
                Arrays.copyOf(tokens, length), Arrays.copyOf(logProbabilities, length), completion, reason);
    }

    private boolean stopStringAppeared() {
        List<String> stops = request.settings().stopStrings();
        if (stops.isEmpty()) {
            return false;
        }
        // A character is at most four tokens of one byte each; a few more tokens for what precedes the string in its first one.
        int longest = stops.stream().mapToInt(String::length).max().orElseThrow();
        int from = Math.max(0, length - 4 * longest - 8);
        String tail = text.apply(Arrays.copyOfRange(tokens, from, length));
        return stops.stream().anyMatch(tail::contains)
                && firstStop(text.apply(Arrays.copyOf(tokens, length))) >= 0;
    }

    private int firstStop(String all) {
        return request.settings().stopStrings().stream()
                .mapToInt(all::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
    }
}
