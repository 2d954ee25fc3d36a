package io.counterflow.model.classifier;

import io.counterflow.model.tokenizer.Encoded;
import java.util.Arrays;

/**
 * A text, or a pair of texts, as a classifier takes it. Equal when the tokens are. The arrays are not copied.
 *
 * @param tokens ids, the tokenizer's special tokens included; at least one
 * @param segments as many: 0 for the first text, 1 for the second, where the tokenizer tells them apart
 */
public record ClassifierInput(int[] tokens, int[] segments) {
    public ClassifierInput {
        if (tokens.length == 0) {
            throw new IllegalArgumentException("An input has no tokens; a classifier needs at least one");
        }
        if (tokens.length != segments.length) {
            throw new IllegalArgumentException(
                    "An input has " + tokens.length + " tokens, but " + segments.length + " segment ids");
        }
    }

    static ClassifierInput of(Encoded encoded) {
        return new ClassifierInput(encoded.tokens(), encoded.segments());
    }

    /** Number of tokens, special ones included. */
    public int length() {
        return tokens.length;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ClassifierInput that
                && Arrays.equals(tokens, that.tokens)
                && Arrays.equals(segments, that.segments);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(tokens) + Arrays.hashCode(segments);
    }

    @Override
    public String toString() {
        return "ClassifierInput[tokens=" + Arrays.toString(tokens) + ", segments=" + Arrays.toString(segments) + "]";
    }
}
