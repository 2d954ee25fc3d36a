package io.counterflow.imports.prompts;

import java.util.List;
import java.util.Map;

/**
 * Where a line has what.
 *
 * @param prompt column with the prompt, a text or chat messages; null finds it by the names in {@link #PROMPT_NAMES}
 * @param columns columns that go into the metadata under another name: new name to column
 * @param metadata what every prompt gets besides
 */
public record PromptColumns(String prompt, Map<String, String> columns, Map<String, String> metadata) {

    /** Columns that hold the prompt in the data sets that people use; the first that a line has counts. */
    public static final List<String> PROMPT_NAMES =
            List.of("prompt", "messages", "conversations", "question", "instruction", "problem", "text", "input");

    public PromptColumns {
        columns = columns == null ? Map.of() : Map.copyOf(columns);
        metadata = metadata == null ? Map.of() : Map.copyOf(metadata);
    }

    /** Finds the prompt by its name and keeps all other columns as metadata. */
    public static PromptColumns usual() {
        return new PromptColumns(null, null, null);
    }
}
