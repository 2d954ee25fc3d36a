package io.counterflow.producer.completions;

import io.counterflow.producer.prompts.PromptColumns;
import java.util.Map;

/**
 * Where a line has what.
 *
 * @param prompt how prompts are found
 * @param completion column with the completion, a text, chat messages or an array of texts; null finds it by its usual names
 * @param scores scorer name to the column with its value; they go into the log as that scorer's scores
 */
public record CompletionColumns(PromptColumns prompt, String completion, Map<String, String> scores) {

    public CompletionColumns {
        prompt = prompt == null ? PromptColumns.usual() : prompt;
        scores = scores == null ? Map.of() : Map.copyOf(scores);
    }

    /** Finds everything by its usual name. */
    public static CompletionColumns usual() {
        return new CompletionColumns(null, null, null);
    }
}
