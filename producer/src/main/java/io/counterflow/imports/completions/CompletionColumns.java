package io.counterflow.imports.completions;

import io.counterflow.imports.prompts.PromptColumns;
import java.util.Map;

/**
 * Where a line has what.
 *
 * @param prompt how prompts are found
 * @param completion column with the completion, a text, chat messages or an array of texts; null finds it by its usual names
 * @param scores scorer name to the column with its value; they go into the log as that scorer's scores
 * @param samples columns that say how the completions were sampled, by field, besides their usual names; an empty name for none
 * @param everyTurn whether every turn of the assistant's in a conversation is of the completion, not its last alone
 */
public record CompletionColumns(
        PromptColumns prompt,
        String completion,
        Map<String, String> scores,
        Map<SampleField, String> samples,
        boolean everyTurn) {

    public CompletionColumns {
        prompt = prompt == null ? PromptColumns.usual() : prompt;
        scores = scores == null ? Map.of() : Map.copyOf(scores);
        samples = samples == null ? Map.of() : Map.copyOf(samples);
    }

    /** Of a conversation, takes the last turn. */
    public CompletionColumns(
            PromptColumns prompt, String completion, Map<String, String> scores, Map<SampleField, String> samples) {
        this(prompt, completion, scores, samples, false);
    }

    /** Finds how completions were sampled by the usual names. */
    public CompletionColumns(PromptColumns prompt, String completion, Map<String, String> scores) {
        this(prompt, completion, scores, null, false);
    }

    /** Finds everything by its usual name. */
    public static CompletionColumns usual() {
        return new CompletionColumns(null, null, null);
    }
}
