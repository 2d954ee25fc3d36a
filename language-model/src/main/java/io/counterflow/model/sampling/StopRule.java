package io.counterflow.model.sampling;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * When a completion ends.
 *
 * @param maxTokens most tokens, the end token included
 * @param endTokens tokens that end it
 * @param strings texts that end it
 * @param text makes tokens into text, leaving out special ones
 */
public record StopRule(int maxTokens, Set<Integer> endTokens, List<String> strings, Function<int[], String> text) {
    /** Where the first stop string begins in the text of the first {@code length} tokens; -1 when there is none. */
    int firstStop(int[] tokens, int length) {
        if (strings.isEmpty()) {
            return -1;
        }
        // A character is at most four tokens of one byte each; a few more tokens for what precedes the string in its
        // first one.
        int longest = strings.stream().mapToInt(String::length).max().orElseThrow();
        String tail = text.apply(Arrays.copyOfRange(tokens, Math.max(0, length - 4 * longest - 8), length));
        if (strings.stream().noneMatch(tail::contains)) {
            return -1;
        }
        String all = text.apply(Arrays.copyOf(tokens, length));
        return strings.stream()
                .mapToInt(all::indexOf)
                .filter(at -> at >= 0)
                .min()
                .orElse(-1);
    }
}
