package io.counterflow.model;

import static java.util.Objects.requireNonNull;

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

    /** The token at a position of prompt and completion seen as one. */
    public int token(int position) {
        return position < prompt.length ? prompt[position] : completion[position - prompt.length];
    }
}
