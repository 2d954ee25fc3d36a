package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.model.tokenizer.chat.PromptEncoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
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
            int[] prompt = encoder.prompt(Conversation.of(List.of(new ChatMessage("user", "hi"))), Instant.EPOCH);
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

    /** PEFT saves embeddings that were resized for added tokens whole, and with them the output projection. */
    @Test
    void embeddingsOfAnotherSizeAreThoseOfTheAdapter() throws IOException {
        ModelConfig config = ModelConfig.read(base);
        long rows = config.vocabularySize() + 2L;
        try (CheckpointTensors tensors = CheckpointTensors.open(base, config)) {
            List<Tensor> resized = new ArrayList<>();
            for (String name : List.of("model.embed_tokens.weight", "lm_head.weight")) {
                float[] values = Arrays.copyOf(tensors.floats(name), (int) rows * config.hiddenSize());
                resized.add(Tensor.ofFloats(
                        "base_model.model." + name,
                        TensorType.F32,
                        List.of(rows, (long) config.hiddenSize()),
                        () -> values));
            }
            SafetensorsWriter.write(adapter.resolve(AdapterTensors.FILE_NAME), resized, Map.of());
            try (LanguageModel model = LanguageModel.load(adapter, ModelOptions.inference());
                    LanguageModel plain = LanguageModel.load(base, ModelOptions.inference())) {
                List<int[]> ids = List.of(new int[] {3, 5, 8});
                float[] logits = model.nextTokenLogits(ids)[0];
                assertThat(logits).hasSize((int) rows).endsWith(0f, 0f);
                assertThat(Arrays.copyOf(logits, config.vocabularySize()))
                        .containsExactly(plain.nextTokenLogits(ids)[0], within(1e-5f));
            }
            SafetensorsWriter.write(adapter.resolve(AdapterTensors.FILE_NAME), resized.subList(0, 1), Map.of());
        }
        assertThatThrownBy(() -> LanguageModel.load(adapter, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("the embeddings were resized for tokens that were added");
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
