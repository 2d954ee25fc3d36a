package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which tokenizer and chat template an adapter's folder has: its own where it brings them, as transformers and PEFT read it. */
class AdapterTokenizerTest {
    @TempDir
    Path folder;

    private Path base;
    private Path adapter;

    @BeforeEach
    void saveAnAdapter() throws IOException {
        base = Files.createDirectory(folder.resolve("base"));
        for (String name : List.of(
                "config.json",
                "generation_config.json",
                "model.safetensors",
                "tokenizer.json",
                "tokenizer_config.json")) {
            Files.copy(Fixture.named("tiny-llama").folder().resolve(name), base.resolve(name));
        }
        Files.writeString(base.resolve("chat_template.jinja"), "base");
        adapter = Files.createDirectory(folder.resolve("adapter"));
        try (LanguageModel model = LanguageModel.load(base, ModelOptions.inference())) {
            AdapterConfig config = AdapterConfig.of(model.config(), 2, 4, 0, List.of("q_proj"), base.toString());
            try (LanguageModel adapted = LanguageModel.load(
                    base, ModelOptions.inference().withAdapter(new ModelOptions.NewAdapter(config, 1)))) {
                adapted.saveAdapter(adapter);
            }
        }
    }

    @Test
    void aSavedAdapterBringsThem() {
        for (String name : List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")) {
            assertThat(adapter.resolve(name)).hasSameBinaryContentAs(base.resolve(name));
        }
        assertThat(adapter.resolve("generation_config.json")).doesNotExist();
    }

    @Test
    void itsOwnCountAndGoIntoTheMergedCheckpoint() throws IOException {
        Files.writeString(adapter.resolve("chat_template.jinja"), "{{ messages[0].content }}!");
        Path merged = Files.createDirectory(folder.resolve("merged"));
        try (LanguageModel model = LanguageModel.load(adapter, ModelOptions.inference())) {
            PromptEncoder encoder = PromptEncoder.of(model.tokenizer(), model.endTokens());
            int[] prompt = encoder.prompt(List.of(new ChatMessage("user", "hi")), Instant.EPOCH);
            assertThat(model.tokenizer().decode(prompt)).isEqualTo("hi!");
            model.save(merged);
        }
        assertThat(merged.resolve("chat_template.jinja")).hasContent("{{ messages[0].content }}!");
        assertThat(merged.resolve("generation_config.json")).exists();
    }

    @Test
    void aTemplateOfTheBaseIsNotThatOfAnAdapterWithATokenizerAndNoTemplate() throws IOException {
        Files.delete(adapter.resolve("chat_template.jinja"));
        Path merged = Files.createDirectory(folder.resolve("merged"));
        try (LanguageModel model = LanguageModel.load(adapter, ModelOptions.inference())) {
            model.save(merged);
        }
        assertThat(merged.resolve("tokenizer.json")).exists();
        assertThat(merged.resolve("chat_template.jinja")).doesNotExist();
    }

    @Test
    void thoseOfTheBaseAreUsedWhereItBringsNone() throws IOException {
        for (String name : List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")) {
            Files.delete(adapter.resolve(name));
        }
        assertThat(CheckpointParts.of(adapter).tokenizerFolder()).isEqualTo(base);
    }

    @Test
    void aTemplateWithoutATokenizerIsRefused() throws IOException {
        Files.delete(adapter.resolve("tokenizer.json"));
        Files.delete(adapter.resolve("tokenizer_config.json"));
        assertThatThrownBy(() -> LanguageModel.load(adapter, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("brings chat_template.jinja, but no tokenizer.json");
    }
}
