package io.counterflow.cli.quickstart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProgramFilesTest {

    @Test
    void theFilesAreWhatTheOtherCommandsTake(@TempDir Path folder) throws IOException {
        ProgramFiles.Counts counts = ProgramFiles.write(folder, 1);

        assertThat(counts.training() + counts.heldOut()).isEqualTo(4800);
        assertThat(Files.readAllLines(folder.resolve("prompts.jsonl"))).hasSize(counts.training());
        assertThat(Files.readAllLines(folder.resolve("corpus.jsonl"))).hasSize(counts.corpus());
        JsonNode prompt = new ObjectMapper()
                .readTree(Files.readAllLines(folder.resolve("held-out.jsonl")).get(0));
        assertThat(prompt.path("language").asText()).isEqualTo("java");
        assertThat(prompt.path("tests").asText()).contains("static void test5()");
        JsonNode first = new ObjectMapper()
                .readTree(Files.readAllLines(folder.resolve("corpus.jsonl")).get(0));
        try (Tokenizer tokenizer = Tokenizer.load(folder.resolve("model"))) {
            String line =
                    first.path("prompt").asText() + first.path("completion").asText();
            assertThat(tokenizer.decode(tokenizer.encode(line))).isEqualTo(line);
            assertThat(ModelConfig.read(folder.resolve("model")).vocabularySize())
                    .isEqualTo(tokenizer.vocabularySize());
        }
    }
}
