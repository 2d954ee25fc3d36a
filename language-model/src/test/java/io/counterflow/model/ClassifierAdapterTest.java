package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.classifier.ClassifierInput;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.model.inspection.FolderInspection;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Adapters of sequence classifiers on language models; src/test/python/make_classifier_adapters.py had PEFT make them and compute their scores. */
class ClassifierAdapterTest {
    private static final String LLAMA = "adapter-classifier-llama/adapter";

    @TempDir
    Path folder;

    @ParameterizedTest
    @CsvSource({
        "adapter-classifier-llama/adapter, LABEL_0",
        "adapter-classifier-qwen2/adapter, LABEL_0 LABEL_1",
        "adapter-classifier-gpt2/adapter, LABEL_0"
    })
    void scoreOnALanguageModelAsInPeftAloneAndMerged(String name, String labels) {
        Fixture fixture = Fixture.named(name);
        CheckpointParts parts = CheckpointParts.of(fixture.folder());
        AdapterTensors adapter = AdapterTensors.read(fixture.folder(), parts.config());
        try (CheckpointTensors base = CheckpointTensors.open(parts.base(), ModelConfig.read(parts.base()))) {
            CheckpointWriter.write(
                    folder,
                    parts.config(),
                    adapter.merge(AdapterConfig.read(fixture.folder()), parts.config(), base, Optional.empty()));
        }
        CheckpointWriter.copyCompanions(parts.tokenizerFolder(), parts.base(), folder);
        for (Path model : List.of(fixture.folder(), folder)) {
            try (SequenceClassifier classifier = SequenceClassifier.load(model, ModelOptions.inference())) {
                assertThat(classifier.labels()).containsExactly(labels.split(" "));
                float[][] scores = classifier.logits(fixture.inputs().stream()
                        .map(ids -> new ClassifierInput(ids, new int[ids.length]))
                        .toList());
                for (int i = 0; i < scores.length; i++) {
                    assertThat(scores[i])
                            .as(model.toString())
                            .containsExactly(
                                    Fixture.floats(
                                            fixture.expected().get("scores").get(i)),
                                    within(1e-5f));
                }
            }
        }
        assertThat(FolderInspection.classifier(fixture.folder()).labels()).contains(List.of(labels.split(" ")));
    }

    @Test
    void sampleNothing() {
        Path adapter = Fixture.named(LLAMA).folder();
        assertThatThrownBy(() -> LanguageModel.load(adapter, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("holds a sequence classifier (LlamaForSequenceClassification)");
        assertThatThrownBy(() ->
                        LanguageModel.load(Fixture.named("tiny-reward-model").folder(), ModelOptions.inference()))
                .hasMessageContaining("holds a sequence classifier (LlamaForSequenceClassification)");
    }

    @Test
    void withoutAHeadNeedAClassifierForABase() throws IOException {
        copyWithBase(names -> names.contains("score") ? null : names);
        assertThatThrownBy(() -> SequenceClassifier.load(folder.resolve("adapter"), ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("is of a sequence classifier (task_type SEQ_CLS), but brings no score.weight")
                .hasMessageContaining("merge it with --base");
    }

    @Test
    void ofALanguageModelScoreNothing() {
        assertThatThrownBy(() ->
                        SequenceClassifier.load(Fixture.named("tiny-qwen2-lora").folder(), ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("holds an adapter of a language model; a classifier is a Qwen2For");
    }

    /** What torch.compile, DDP, FSDP and a state dictionary that PEFT did not write put into names. */
    @ParameterizedTest
    @CsvSource({
        "base_model.model., _orig_mod.base_model.model.",
        "base_model.model., base_model.model._orig_mod.",
        "base_model.model., module._orig_mod.base_model.model.",
        "base_model.model., _fsdp_wrapped_module.base_model.model.",
        "base_model.model., ''",
        "layers., layers._fsdp_wrapped_module.",
        "lora_A., lora_A.default.",
        "score., score.modules_to_save.default.",
    })
    void areReadUnderTheNamesOfWrappers(String from, String to) throws IOException {
        copyWithBase(name -> name.replace(from, to));
        Fixture fixture = Fixture.named(LLAMA);
        try (SequenceClassifier classifier =
                SequenceClassifier.load(folder.resolve("adapter"), ModelOptions.inference())) {
            int[] ids = fixture.inputs().get(0);
            assertThat(classifier.logits(List.of(new ClassifierInput(ids, new int[ids.length])))[0])
                    .containsExactly(
                            Fixture.floats(fixture.expected().get("scores").get(0)), within(1e-5f));
        }
    }

    @Test
    void onAnAdapterAreRefusedWithTheWayOut() throws IOException {
        copyWithBase(name -> name);
        Path second = Files.createDirectory(folder.resolve("second"));
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode config = (ObjectNode)
                mapper.readTree(folder.resolve("adapter/adapter_config.json").toFile());
        config.put("base_model_name_or_path", "adapter");
        mapper.writeValue(second.resolve("adapter_config.json").toFile(), config);
        assertThatThrownBy(() -> CheckpointParts.of(second))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("is itself a LoRA adapter; merge that into its base first");
    }

    /** Gives a tensor another name, or none. */
    private interface Renaming {
        String of(String name);
    }

    private void copyWithBase(Renaming renaming) throws IOException {
        Path original = Fixture.named(LLAMA).folder();
        Path adapter = Files.createDirectory(folder.resolve("adapter"));
        Files.copy(original.resolve("adapter_config.json"), adapter.resolve("adapter_config.json"));
        Path base = Files.createDirectory(folder.resolve("base"));
        for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
            Files.copy(original.resolveSibling("base").resolve(name), base.resolve(name));
        }
        try (SafetensorsFile file = SafetensorsFile.open(original.resolve(AdapterTensors.FILE_NAME))) {
            List<Tensor> renamed = new ArrayList<>();
            file.tensors().forEach(tensor -> {
                String name = renaming.of(tensor.name());
                if (name != null) {
                    renamed.add(file.copy(tensor.name()).named(name));
                }
            });
            SafetensorsWriter.write(adapter.resolve(AdapterTensors.FILE_NAME), renamed, Map.of());
        }
    }
}
