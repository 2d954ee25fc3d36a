package io.counterflow.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AdapterFilesTest {
    private static final Path FIXTURES = Path.of("src/test/resources/fixtures");
    private static final Path ADAPTER = FIXTURES.resolve("tiny-qwen2-lora");

    private final ModelConfig base = ModelConfig.read(FIXTURES.resolve("tiny-qwen2"));

    @TempDir
    Path folder;

    @Test
    void adapterOfPeftComesBackByteForByte() {
        AdapterConfig config = AdapterConfig.read(ADAPTER);
        AdapterTensors adapter = AdapterTensors.read(ADAPTER, base);
        adapter.write(folder, config, base);
        assertThat(folder.resolve(AdapterTensors.FILE_NAME))
                .hasSameBinaryContentAs(ADAPTER.resolve(AdapterTensors.FILE_NAME));
        assertThat(AdapterConfig.read(folder)).isEqualTo(config);
        assertThat(adapter.parameters()).isEqualTo(6144);
    }

    @Test
    void configurationSaysWhatIsAdaptedAndHowStrongly() throws IOException {
        AdapterConfig config = AdapterConfig.read(ADAPTER);
        assertThat(config.rank()).isEqualTo(4);
        assertThat(config.scale("model.layers.0.self_attn.q_proj", 4)).isEqualTo(2);
        assertThat(config.targets().include("model.layers.1.mlp.up_proj")).isTrue();
        assertThat(config.targets().include("lm_head")).isFalse();

        AdapterConfig patterns = adapterConfig(
                "{'peft_type':'LORA','r':8,'lora_alpha':16,'use_rslora':true,'target_modules':'.*\\\\.self_attn\\\\.[qv]_proj',"
                        + "'alpha_pattern':{'layers.1.self_attn.q_proj':32}}");
        assertThat(patterns.targets().include("model.layers.0.self_attn.v_proj"))
                .isTrue();
        assertThat(patterns.targets().include("model.layers.0.self_attn.k_proj"))
                .isFalse();
        assertThat(patterns.scale("model.layers.0.self_attn.q_proj", 4)).isEqualTo(8);
        assertThat(patterns.scale("model.layers.1.self_attn.q_proj", 4)).isEqualTo(16);
        assertThat(adapterConfig("{'r':8,'lora_alpha':16,'target_modules':'all-linear'}")
                        .targets()
                        .include("model.layers.0.mlp.down_proj"))
                .isTrue();
    }

    @Test
    void newConfigurationIsReadBackAsItWasMeant() {
        AdapterConfig made = AdapterConfig.of(base, 8, 16, 0.05, List.of("q_proj", "v_proj"), "hf:acme/base");
        made.write(folder);
        AdapterConfig read = AdapterConfig.read(folder);
        assertThat(read).isEqualTo(made);
        assertThat(read.dropout()).isEqualTo(0.05);
        assertThat(read.baseModel()).contains("hf:acme/base");
    }

    @Test
    void baseOfAHubIsFoundInItsCache() throws IOException {
        String commit = "0123456789abcdef0123456789abcdef01234567";
        Path snapshot = Files.createDirectories(
                folder.resolve("cache/models--acme--base-model/snapshots").resolve(commit));
        Files.copy(FIXTURES.resolve("tiny-qwen2/config.json"), snapshot.resolve(ModelConfig.FILE_NAME));
        AdapterConfig made = AdapterConfig.of(base, 4, 8, 0, List.of("q_proj"), "acme/base-model")
                .withRevision(commit);
        assertThat(made.json().get("revision").textValue()).isEqualTo(commit);

        Path adapter = Files.createDirectories(folder.resolve("adapter"));
        made.write(adapter);
        HubCache cache = new HubCache(folder.resolve("cache"));
        assertThat(AdapterConfig.read(adapter).baseFolder(adapter, List.of(), cache))
                .contains(snapshot);
        assertThat(cache.find("acme/base-model", Optional.empty())).isEmpty();
        Files.createDirectories(folder.resolve("cache/models--acme--base-model/refs"));
        Files.writeString(folder.resolve("cache/models--acme--base-model/refs/main"), commit);
        assertThat(cache.find("acme/base-model", Optional.empty())).contains(snapshot);
        assertThat(cache.find("../base-model", Optional.empty())).isEmpty();
    }

    @Test
    void otherKindsOfAdaptersAreRefused() {
        assertThatThrownBy(() -> adapterConfig("{'peft_type':'IA3'}"))
                .hasMessageEndingWith("the adapter type IA3 is not supported; supported is LORA");
        assertThatThrownBy(() -> adapterConfig("{'r':8,'lora_alpha':16,'target_modules':['x'],'use_dora':true}"))
                .hasMessageEndingWith("use_dora is true; only adapters of the plain form are supported");
        assertThatThrownBy(() ->
                        adapterConfig("{'r':8,'lora_alpha':16,'target_modules':['x'],'alora_invocation_tokens':[3]}"))
                .hasMessageEndingWith("alora_invocation_tokens is set; only adapters of the plain form are supported");
        assertThatThrownBy(() -> adapterConfig(
                        "{'r':8,'lora_alpha':16,'target_modules':['x'],'init_lora_weights':'pissa_niter_4'}"))
                .hasMessageContaining("init_lora_weights is \"pissa_niter_4\"");
        assertThatThrownBy(() -> adapterConfig("{'r':0,'lora_alpha':16,'target_modules':['x']}"))
                .hasMessageEndingWith("r is 0; it must be from 1 to 65536");
        assertThatThrownBy(() -> adapterConfig("{'lora_alpha':16,'target_modules':['x']}"))
                .isInstanceOf(CheckpointException.class);
    }

    @Test
    void factorsThatDoNotFitTheBaseAreNamed() {
        List<Tensor> changed = new ArrayList<>();
        try (SafetensorsFile file = SafetensorsFile.open(ADAPTER.resolve(AdapterTensors.FILE_NAME))) {
            file.tensors()
                    .forEach(t ->
                            changed.add(Tensor.ofBytes(t.name(), t.type(), t.shape(), () -> file.bytes(t.name()))));
            String prefix = "base_model.model.model.layers.0.";
            changed.removeIf(t -> t.info().name().equals(prefix + "mlp.up_proj.lora_B.weight"));
            changed.removeIf(t -> t.info().name().equals(prefix + "mlp.down_proj.lora_A.weight"));
            changed.add(zeros(prefix + "mlp.down_proj.lora_A.weight", 4, 95));
            changed.add(zeros("base_model.model.model.layers.7.mlp.up_proj.lora_A.weight", 4, 48));
            SafetensorsWriter.write(folder.resolve(AdapterTensors.FILE_NAME), changed, Map.of());
        }
        assertThatThrownBy(() -> AdapterTensors.read(folder, base))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("module model.layers.0.mlp.up_proj has only one of its two factors")
                .hasMessageContaining(
                        "module model.layers.0.mlp.down_proj has factors of the shapes [4, 95] and [48, 4];"
                                + " (r, 96) and (48, r) are needed")
                .hasMessageContaining("layers.7.mlp.up_proj.lora_A.weight has no place in the base");
    }

    @Test
    void productIsAddedTheWayTheWeightLies() {
        LowRank factors = new LowRank("m", 1, 2, 3, new float[] {1, 10}, new float[] {1, 2, 3});
        float[] linear = new float[6];
        addInPieces(factors, linear, false);
        assertThat(linear).containsExactly(new float[] {0.5f, 5, 1, 10, 1.5f, 15}, within(0f));
        float[] convolution = {1, 1, 1, 1, 1, 1};
        addInPieces(factors, convolution, true);
        assertThat(convolution).containsExactly(new float[] {1.5f, 2, 2.5f, 6, 11, 16}, within(0f));
    }

    /** Of four elements, so that one ends within a row. */
    private static void addInPieces(LowRank factors, float[] weight, boolean transposed) {
        for (int at = 0; at < weight.length; at += 4) {
            float[] piece = Arrays.copyOfRange(weight, at, Math.min(at + 4, weight.length));
            factors.addTo(at, piece, 0.5, transposed);
            System.arraycopy(piece, 0, weight, at, piece.length);
        }
    }

    @Test
    void tensorsTrainedWholeReplaceThoseOfTheBase() {
        ModelConfig reward = ModelConfig.read(FIXTURES.resolve("tiny-reward-model"));
        float[] head = new float[48];
        head[7] = 3;
        new AdapterTensors(Map.of(), Map.of("score.weight", head))
                .write(folder, AdapterConfig.of(reward, 4, 8, 0, List.of("q_proj"), ""), reward);
        AdapterTensors read = AdapterTensors.read(folder, reward);
        assertThat(read.replacements().get("score.weight")).isEqualTo(head);
        try (CheckpointTensors tensors = CheckpointTensors.open(FIXTURES.resolve("tiny-reward-model"), reward)) {
            CheckpointWriter.write(
                    folder, reward, read.merge(AdapterConfig.read(folder), reward, tensors, Optional.empty()));
        }
        try (CheckpointTensors merged = CheckpointTensors.open(folder, reward)) {
            assertThat(merged.floats("score.weight")).isEqualTo(head);
        }
    }

    private AdapterConfig adapterConfig(String json) throws IOException {
        Files.writeString(folder.resolve(AdapterConfig.FILE_NAME), json.replace('\'', '"'));
        return AdapterConfig.read(folder);
    }

    private static Tensor zeros(String name, long rows, long columns) {
        return Tensor.ofFloats(name, TensorType.F32, List.of(rows, columns), () -> new float[(int) (rows * columns)]);
    }
}
