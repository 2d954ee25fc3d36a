package io.counterflow.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointFolderTest {
    private static final Path FIXTURES = Path.of("src/test/resources/fixtures");
    private static final Path LLAMA = FIXTURES.resolve("tiny-llama");

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2", "tiny-gpt2", "tiny-reward-model"})
    void checkpointComesBackByteForByte(String name) {
        Path original = FIXTURES.resolve(name);
        ModelConfig config = ModelConfig.read(original);
        try (CheckpointTensors tensors = CheckpointTensors.open(original, config)) {
            CheckpointWriter.write(folder, config, tensors.tensors());
            CheckpointWriter.copyCompanions(original, folder);
            assertThat(folder.resolve("model.safetensors"))
                    .hasSameBinaryContentAs(original.resolve("model.safetensors"));
            assertThat(folder.resolve("tokenizer.json")).hasSameBinaryContentAs(original.resolve("tokenizer.json"));
        }
    }

    @Test
    void furtherChatTemplatesGoWithTheTokenizer() throws IOException {
        Path from = Files.createDirectories(folder.resolve("from/additional_chat_templates"));
        Path to = Files.createDirectory(folder.resolve("to"));
        Files.writeString(from.resolve("tool_use.jinja"), "{{ tools }}");
        CheckpointWriter.copyTokenizer(folder.resolve("from"), to);
        assertThat(to.resolve("additional_chat_templates/tool_use.jinja")).hasContent("{{ tools }}");
    }

    @Test
    void shardsHoldTheSameTensorsAndHaveTheSameHash() throws IOException {
        ModelConfig config = ModelConfig.read(LLAMA);
        try (CheckpointTensors tensors = CheckpointTensors.open(LLAMA, config)) {
            CheckpointWriter.write(folder, config, tensors.tensors(), 100_000);
            try (Stream<Path> files = Files.list(folder)) {
                assertThat(files.map(f -> f.getFileName().toString()))
                        .contains("model.safetensors.index.json", "model-00001-of-00004.safetensors")
                        .doesNotContain("model.safetensors");
            }
            try (CheckpointTensors shards = CheckpointTensors.open(folder, config)) {
                for (TensorSpec spec : config.tensors()) {
                    assertThat(shards.bytes(spec.name())).isEqualTo(tensors.bytes(spec.name()));
                }
                assertThat(shards.sha256()).isEqualTo(tensors.sha256());
            }
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.filter(f -> f.toString().endsWith(".safetensors"))
                            .mapToLong(f -> f.toFile().length()))
                    .allMatch(length -> length < 110_000);
        }
    }

    @Test
    void savingAgainInOneFileLeavesNoShardBehind() throws IOException {
        ModelConfig config = ModelConfig.read(LLAMA);
        try (CheckpointTensors tensors = CheckpointTensors.open(LLAMA, config)) {
            CheckpointWriter.write(folder, config, tensors.tensors(), 100_000);
            CheckpointWriter.write(folder, config, tensors.tensors());
        }
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString()))
                    .containsExactlyInAnyOrder("config.json", "model.safetensors");
        }
    }

    @Test
    void missingLeftOverAndMisshapenTensorsAreNamedInOneLine() {
        ModelConfig config = ModelConfig.read(LLAMA);
        try (CheckpointTensors tensors = CheckpointTensors.open(LLAMA, config)) {
            List<Tensor> changed = new ArrayList<>(tensors.tensors());
            changed.removeIf(t -> t.info().name().equals("model.norm.weight"));
            changed.removeIf(t -> t.info().name().equals("lm_head.weight"));
            changed.add(zeros("lm_head.weight", TensorType.F32, 48, 384));
            changed.add(zeros("model.layers.2.mlp.up_proj.weight", TensorType.F32, 96, 48));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), changed, SafetensorsWriter.PYTORCH_METADATA);
        }
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(
                        folder
                                + " does not fit its config.json:"
                                + " tensor model.norm.weight of shape [48] is missing;"
                                + " tensor lm_head.weight has the shape [48, 384]; the configuration asks for [384, 48];"
                                + " tensor model.layers.2.mlp.up_proj.weight is left over: the configuration has no place for it");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "_orig_mod.",
                "module.",
                "module._orig_mod.",
                "model.",
                "base_model.model.",
                "_fsdp_wrapped_module.",
                "pretrained_model."
            })
    void namesAreReadWithoutWhatWrappersPutBeforeThem(String prefix) {
        for (String name : List.of("tiny-llama", "tiny-gpt2")) {
            ModelConfig config = ModelConfig.read(FIXTURES.resolve(name));
            try (CheckpointTensors tensors = CheckpointTensors.open(FIXTURES.resolve(name), config)) {
                List<Tensor> wrapped = renamed(
                        tensors,
                        tensor -> prefix + tensor.replace("layers.1.", "layers.1._checkpoint_wrapped_module."));
                SafetensorsWriter.write(
                        folder.resolve("model.safetensors"), wrapped, SafetensorsWriter.PYTORCH_METADATA);
                try (CheckpointTensors read = CheckpointTensors.open(folder, config)) {
                    assertThat(read.sha256()).isEqualTo(tensors.sha256());
                }
            }
        }
    }

    @Test
    void twoTensorsOfOneNameAreRefused() {
        ModelConfig config = ModelConfig.read(LLAMA);
        try (CheckpointTensors tensors = CheckpointTensors.open(LLAMA, config)) {
            List<Tensor> twice = new ArrayList<>(tensors.tensors());
            twice.add(zeros("_orig_mod.model.norm.weight", TensorType.F32, 48));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), twice, SafetensorsWriter.PYTORCH_METADATA);
        }
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("model.norm.weight and _orig_mod.model.norm.weight are both model.norm.weight");
    }

    @Test
    void wherePrefixesAreStrangeTheNamesThatAreThereAreShown() {
        ModelConfig config = ModelConfig.read(LLAMA);
        try (CheckpointTensors tensors = CheckpointTensors.open(LLAMA, config)) {
            SafetensorsWriter.write(
                    folder.resolve("model.safetensors"),
                    renamed(tensors, name -> "student." + name),
                    SafetensorsWriter.PYTORCH_METADATA);
        }
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .hasMessageContainingAll("is missing", "and 18 more", "tensor student.lm_head.weight is left over")
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @Test
    void oneFaultAloneIsOneLine() {
        ModelConfig config = ModelConfig.read(LLAMA);
        try (CheckpointTensors tensors = CheckpointTensors.open(LLAMA, config)) {
            List<Tensor> more = new ArrayList<>(tensors.tensors());
            more.add(zeros("v_head.weight", TensorType.F32, 1, 48));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), more, SafetensorsWriter.PYTORCH_METADATA);
        }
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .hasMessage(folder + " does not fit its config.json: tensor v_head.weight is left over: the"
                        + " configuration has no place for it");
    }

    @Test
    void buffersOfOldVersionsAndTiedHeadsAreNoFault() {
        Path original = FIXTURES.resolve("tiny-gpt2");
        ModelConfig config = ModelConfig.read(original);
        try (CheckpointTensors tensors = CheckpointTensors.open(original, config)) {
            // As the original GPT-2 on the hub: no prefix, masks kept.
            List<Tensor> old = renamed(tensors, name -> name.replace("transformer.", ""));
            old.add(zeros("h.0.attn.bias", TensorType.U8, 1, 1, 128, 128));
            old.add(zeros("h.1.attn.masked_bias", TensorType.F32));
            old.add(zeros("lm_head.weight", TensorType.F32, 384, 48));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), old, SafetensorsWriter.PYTORCH_METADATA);
            try (CheckpointTensors read = CheckpointTensors.open(folder, config)) {
                assertThat(read.floats("transformer.wte.weight")).isEqualTo(tensors.floats("transformer.wte.weight"));
                assertThat(read.sha256()).isEqualTo(tensors.sha256());
            }
        }
    }

    private static List<Tensor> renamed(CheckpointTensors tensors, UnaryOperator<String> name) {
        List<Tensor> renamed = new ArrayList<>();
        tensors.tensors().stream()
                .map(Tensor::info)
                .forEach(t -> renamed.add(
                        Tensor.ofBytes(name.apply(t.name()), t.type(), t.shape(), () -> tensors.bytes(t.name()))));
        return renamed;
    }

    @Test
    void tiedEmbeddingsMayBeStoredUnderTheNameOfTheOutput() {
        Path original = FIXTURES.resolve("tiny-gpt2");
        ModelConfig config = ModelConfig.read(original);
        config.write(folder);
        try (CheckpointTensors tensors = CheckpointTensors.open(original, config)) {
            List<Tensor> renamed = renamed(tensors, name -> name.replace("transformer.wte.weight", "lm_head.weight"));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), renamed, SafetensorsWriter.PYTORCH_METADATA);
            try (CheckpointTensors read = CheckpointTensors.open(folder, ModelConfig.read(folder))) {
                assertThat(read.sha256()).isEqualTo(tensors.sha256());
            }
        }
    }

    @Test
    void embeddingsThatAreStoredTwiceAlikeAreTiedWhateverTheirTypes() {
        Path original = FIXTURES.resolve("tiny-gpt2");
        ModelConfig config = ModelConfig.read(original);
        config.write(folder);
        try (CheckpointTensors tensors = CheckpointTensors.open(original, config)) {
            List<Tensor> twice = renamed(tensors, name -> name);
            float[] embedding = tensors.floats("transformer.wte.weight");
            twice.add(Tensor.ofFloats("lm_head.weight", TensorType.F64, List.of(384L, 48L), () -> embedding));
            SafetensorsWriter.write(folder.resolve("model.safetensors"), twice, SafetensorsWriter.PYTORCH_METADATA);
        }
        assertThat(ModelConfig.read(folder).tiedEmbeddings()).isTrue();
    }

    @Test
    void embeddingsThatAreSaidToBeTiedButDifferAreKeptBoth() throws IOException {
        Path original = FIXTURES.resolve("family-llama-contradictory");
        ModelConfig config = ModelConfig.read(original);
        assertThat(config.tiedEmbeddings()).isFalse();
        assertThat(config.withDtype(TensorType.BF16).tiedEmbeddings()).isFalse();
        try (CheckpointTensors tensors = CheckpointTensors.open(original, config)) {
            CheckpointWriter.write(folder, config, tensors.tensors());
        }
        assertThat(folder.resolve("model.safetensors")).hasSameBinaryContentAs(original.resolve("model.safetensors"));
        assertThat(ModelConfig.read(folder).json()).isEqualTo(config.json());
    }

    @Test
    void indexThatLeadsAstrayIsNamed() throws IOException {
        ModelConfig config = ModelConfig.read(LLAMA);
        Path index = folder.resolve("model.safetensors.index.json");
        Files.writeString(index, "{\"weight_map\":{\"lm_head.weight\":\"../model.safetensors\"}}");
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .hasMessage(index + " names the file ../model.safetensors, which is not in its folder");
        Files.writeString(index, "{\"weight_map\":{\"lm_head.weight\":\"model-00001-of-00001.safetensors\"}}");
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .isInstanceOf(CheckpointException.class)
                .hasMessage(index + " names the file model-00001-of-00001.safetensors, which is not there");
        SafetensorsWriter.write(folder.resolve("model-00001-of-00001.safetensors"), List.of(), java.util.Map.of());
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .hasMessage(index + " does not fit its shards: tensor lm_head.weight is not in"
                        + " model-00001-of-00001.safetensors");
        Files.writeString(
                index,
                "{\"weight_map\":{\"lm_head.weight\":\"model-00001-of-00001.safetensors\",\"x\":\"model-00001-of-00001.safetensors\"}}");
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .hasMessage(index
                        + " does not fit its shards:"
                        + " tensor lm_head.weight is not in model-00001-of-00001.safetensors;"
                        + " tensor x is not in model-00001-of-00001.safetensors");
        Files.writeString(index, "{\"weight_map\":[]}");
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config)).hasMessage(index + " has no weight_map");
    }

    @Test
    void folderWithoutWeightsSaysWhatIsMissing() throws IOException {
        ModelConfig config = ModelConfig.read(LLAMA);
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .hasMessage("there is no model.safetensors and no model.safetensors.index.json in " + folder);
        Files.writeString(folder.resolve("pytorch_model.bin"), "");
        assertThatThrownBy(() -> CheckpointTensors.open(folder, config))
                .hasMessageContaining("a pickle of PyTorch")
                .hasMessageContaining("save_pretrained");
        assertThatThrownBy(() -> CheckpointTensors.open(folder.resolve("nowhere"), config))
                .hasMessageEndingWith("nowhere is not a folder");
    }

    private static Tensor zeros(String name, TensorType type, long... shape) {
        List<Long> sizes =
                Stream.of(shape).flatMapToLong(java.util.Arrays::stream).boxed().toList();
        int elements = (int) sizes.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
        return Tensor.ofBytes(name, type, sizes, () -> java.nio.ByteBuffer.allocate(elements * type.bytes()));
    }
}
