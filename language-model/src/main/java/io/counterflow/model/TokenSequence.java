package io.counterflow.model;

import static java.util.Objects.requireNonNull;

import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.PromptRow;
import io.counterflow.model.decoder.TokenBatch;
import java.util.List;

/**
 * A prompt and a completion of it, as tokens. The arrays are not copied.
 *
 * @param prompt at least one token
 * @param completion the tokens whose log-probabilities count; may be empty
 */
public record TokenSequence(int[] prompt, int[] completion) {
    public TokenSequence {
        requireNonNull(prompt, "prompt is null");
        requireNonNull(completion, "completion is null");
    }

    /** Tokens of prompt and completion together. */
    public int length() {
        return prompt.length + completion.length;
    }

    /** Which neighbours share a row of the batch that {@link #batch} makes. */
    static List<PromptRow> rows(List<TokenSequence> sequences, ModelConfig config) {
        return PromptRow.of(
                sequences.stream().map(TokenSequence::prompt).toList(),
                sequences.stream().map(TokenSequence::completion).toList(),
                config.hiddenSize());
    }

    static TokenBatch batch(List<TokenSequence> sequences, ModelConfig config) {
        return TokenBatch.of(
                sequences.stream().map(TokenSequence::prompt).toList(),
                sequences.stream().map(TokenSequence::completion).toList(),
                config);
    }
}
