package io.counterflow.cli.run;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.log.lines.OnBadLine;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** A file of prompts that a run brings into the log before it begins. Nulls stand for the defaults. */
public record PromptFile(
        @JsonPropertyDescription("JSON lines, gzipped or not; relative to where the command runs")
        Path file,

        @JsonPropertyDescription("part of the task: train or held-out (default: each line's column 'split', or train)")
        String split,

        @JsonPropertyDescription("column with the prompt (default: the first there is of the usual names)")
        String promptColumn,

        @JsonPropertyDescription("metadata under another name than its column: new name to column")
        Map<String, String> columns,

        @JsonPropertyDescription("metadata that every prompt gets")
        Map<String, String> metadata,

        @JsonPropertyDescription("FAIL: import nothing of a file with broken lines; SKIP: report them and import the"
                + " rest (default FAIL)")
        OnBadLine onBadLine) {

    public PromptFile {
        if (file == null) {
            throw new IllegalArgumentException("a file of prompts needs a name, e.g. - file: prompts.jsonl");
        }
        columns = columns == null ? Map.of() : Map.copyOf(columns);
        metadata = metadata == null ? Map.of() : Map.copyOf(metadata);
        onBadLine = Objects.requireNonNullElse(onBadLine, OnBadLine.FAIL);
    }
}
