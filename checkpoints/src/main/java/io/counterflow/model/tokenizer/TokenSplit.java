package io.counterflow.model.tokenizer;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.List;

/**
 * The token ids of a text that has two parts, such as a prompt and its completion. Both together are the tokens of the whole.
 *
 * @param first ids of the first part
 * @param second ids of the second
 */
public record TokenSplit(int[] first, int[] second) {
    public TokenSplit {
        requireNonNull(first, "first is null");
        requireNonNull(second, "second is null");
    }

    /** Tokens of both. */
    public int length() {
        return first.length + second.length;
    }

    /** With other ids in the second part. */
    public TokenSplit withSecond(int[] ids) {
        return new TokenSplit(first, ids);
    }

    /**
     * The same tokens, divided where all have the same first part: as far as the first parts agree. They differ where a token stands across the border of
     * one and not of another; it is then in the second part of all.
     */
    public static List<TokenSplit> withOneFirst(List<TokenSplit> splits) {
        if (splits.isEmpty()) {
            return List.of();
        }
        int[] first = splits.get(0).first;
        int common = first.length;
        for (TokenSplit split : splits) {
            int differs = Arrays.mismatch(first, 0, common, split.first, 0, Math.min(common, split.first.length));
            common = differs < 0 ? common : differs;
        }
        int end = common;
        return splits.stream()
                .map(split -> new TokenSplit(
                        Arrays.copyOf(split.first, end),
                        joined(Arrays.copyOfRange(split.first, end, split.first.length), split.second)))
                .toList();
    }

    private static int[] joined(int[] a, int[] b) {
        int[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }
}
