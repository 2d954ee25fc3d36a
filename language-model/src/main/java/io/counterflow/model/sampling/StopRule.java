package io.counterflow.model.sampling;

import io.counterflow.model.tokenizer.CompletionText;
import io.counterflow.model.tokenizer.StoppableText;
import io.counterflow.model.tokenizer.Tokenizer;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * When a completion ends, and what its text is.
 *
 * @param maxTokens most tokens, the end token included
 * @param endTokens tokens that end it
 * @param strings texts that end it
 * @param tokenizer makes tokens into text; without one there is none, and no string ends a completion
 */
public record StopRule(int maxTokens, Set<Integer> endTokens, List<String> strings, Optional<Tokenizer> tokenizer) {
    /** The text that is watched for the strings; none where there are no strings. */
    Optional<StoppableText> watched(int[] prompt) {
        return strings.isEmpty() ? Optional.empty() : tokenizer.map(t -> new StoppableText(t, prompt, strings));
    }

    /** The text of a completion that no string ended. */
    String text(int[] prompt, int[] completion) {
        return tokenizer.map(t -> CompletionText.of(t, prompt, completion)).orElse("");
    }
}
