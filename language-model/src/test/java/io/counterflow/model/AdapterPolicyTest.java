package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.training.OptimizerConfig;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Policies that are an adapter on a base: loaded from the adapter's folder, swapped on a base that stays, known by one hash. */
class AdapterPolicyTest {
    private static final Path BASE = Fixture.named("tiny-llama").folder();
    private static final List<TokenSequence> BATCH = List.of(
            new TokenSequence(new int[] {5, 6, 7}, new int[] {8, 9, 10, 11}),
            new TokenSequence(new int[] {12}, new int[] {13, 14}));
    private static final LogProbabilityGradient LIKELIHOOD = rows -> rows.stream()
            .map(row -> {
                float[] slopes = new float[row.length];
                Arrays.fill(slopes, -0.2f);
                return slopes;
            })
            .toList();

    @TempDir
    Path folder;

    private static ModelOptions training(LoraConfig lora, Path base) {
        return ModelOptions.training()
                .withAdapter(new ModelOptions.NewAdapter(lora.adapter(ModelConfig.read(base), base), 11));
    }

    private Path trainedAdapter(String name, int steps) throws IOException {
        Path saved = Files.createDirectory(folder.resolve(name));
        try (LanguageModel model = LanguageModel.load(BASE, training(LoraConfig.ofRank(4), BASE));
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            for (int i = 0; i < steps; i++) {
                optimizer.accumulate(BATCH, LIKELIHOOD);
                optimizer.step(1e-2);
            }
            model.saveAdapter(saved);
        }
        return saved;
    }

    @Test
    void policyAndReferenceAreTheSameArraysButForTheAdapters() {
        try (LanguageModel model = LanguageModel.load(BASE, training(LoraConfig.ofRank(4), BASE))) {
            Set<NDArray> weights = Collections.newSetFromMap(new IdentityHashMap<>());
            weights.addAll(model.decoder().parameters().arrays().values());
            Set<NDArray> adapter = Collections.newSetFromMap(new IdentityHashMap<>());
            adapter.addAll(model.decoder().adapter().arrays().values());
            List<NDArray> base = model.decoder().base().arrays();
            List<NDArray> policy = model.decoder().policy().arrays();
            int adapted = 0;
            for (int i = 0; i < base.size(); i++) {
                if (policy.get(i) != base.get(i)) {
                    assertThat(adapter.contains(policy.get(i)) || policy.get(i).isScalar())
                            .isTrue();
                    adapted++;
                } else {
                    weights.remove(base.get(i));
                }
            }
            // A, B and scale of seven projections in each layer.
            assertThat(adapted).isEqualTo(3 * 7 * model.config().layers());
            assertThat(weights).as("weights that policy and base do not share").isEmpty();
            assertThat(model.decoder().trained()).hasSize(2 * 7 * model.config().layers());
        }
    }

    @Test
    void theFolderOfAnAdapterIsLoadedOnTheBaseThatItNames() throws Exception {
        Path saved = trainedAdapter("adapter", 3);
        try (LanguageModel named = LanguageModel.load(saved, ModelOptions.inference());
                LanguageModel given = LanguageModel.load(
                        BASE, ModelOptions.inference().withAdapter(new ModelOptions.SavedAdapter(saved)))) {
            assertThat(named.hasAdapter()).isTrue();
            assertThat(named.tokenLogProbabilities(BATCH).get(0))
                    .containsExactly(given.tokenLogProbabilities(BATCH).get(0));
            assertThat(named.policySha256()).isEqualTo(sha256(saved.resolve(AdapterTensors.FILE_NAME)));
            assertThat(named.baseSha256()).isEqualTo(sha256(BASE.resolve("model.safetensors")));
            assertThat(AdapterTensors.baseSha256(saved)).contains(named.baseSha256());
        }
        assertThat(CheckpointParts.of(saved).base())
                .isEqualTo(BASE.toAbsolutePath().normalize());
        assertThat(CheckpointParts.of(BASE).adapter()).isEmpty();
        assertThatThrownBy(() -> ModelConfig.read(saved))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("holds a LoRA adapter, not a whole model");
    }

    @Test
    void anAdapterWhoseBaseIsNotThereOrAnotherIsRefused() throws Exception {
        Path saved = trainedAdapter("adapter", 1);
        Path moved = Files.createDirectory(folder.resolve("moved"));
        Files.copy(saved.resolve(AdapterTensors.FILE_NAME), moved.resolve(AdapterTensors.FILE_NAME));
        LoraConfig.ofRank(4)
                .adapter(ModelConfig.read(BASE), folder.resolve("gone"))
                .write(moved);
        assertThatThrownBy(() -> LanguageModel.load(moved, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("gone")
                .hasMessageContaining("is no folder here")
                .hasMessageContaining("model merge --base");

        Path other = Files.createDirectory(folder.resolve("other"));
        try (LanguageModel model =
                LanguageModel.initialise(ModelConfig.read(BASE), BASE, 3, ModelOptions.inference())) {
            model.save(other);
        }
        assertThatThrownBy(() -> LanguageModel.load(
                        other, ModelOptions.inference().withAdapter(new ModelOptions.SavedAdapter(saved))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("was trained on weights of SHA-256 " + sha256(BASE.resolve("model.safetensors")))
                .hasMessageContaining("but those in " + other);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void adaptersAreSwappedOnABaseThatStays(Precision precision) throws Exception {
        Path first = trainedAdapter("first", 2);
        Path second = trainedAdapter("second", 5);
        ModelOptions options = ModelOptions.inference().withPrecision(precision);
        List<float[]> plain = values(BASE, options);
        List<float[]> one = values(first, options);
        List<float[]> two = values(second, options);
        String sampled = sampled(first, options);
        assertThat(one.get(0)).isNotEqualTo(two.get(0)).isNotEqualTo(plain.get(0));
        try (LanguageModel model = LanguageModel.load(BASE, options)) {
            NDArray embedding = model.decoder().parameters().arrays().get("model.embed_tokens.weight");
            String base = model.policySha256();
            for (Path next : List.of(first, second, first)) {
                model.swapAdapter(Optional.of(next));
                assertThat(model.tokenLogProbabilities(BATCH).get(0))
                        .containsExactly((next == first ? one : two).get(0));
                assertThat(sampled(model).equals(sampled)).isEqualTo(next == first);
                assertThat(model.policySha256()).isEqualTo(sha256(next.resolve(AdapterTensors.FILE_NAME)));
                assertThat(model.decoder().parameters().arrays().get("model.embed_tokens.weight"))
                        .isSameAs(embedding);
            }
            model.swapAdapter(Optional.empty());
            assertThat(model.tokenLogProbabilities(BATCH).get(0)).containsExactly(plain.get(0));
            assertThat(model.policySha256()).isEqualTo(base);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tiny-llama, FLOAT32, 1e-4",
        "tiny-qwen2, FLOAT32, 1e-4",
        "tiny-gpt2, FLOAT32, 1e-4",
        "adapter-biases, FLOAT32, 1e-4",
        "adapter-alpha-patterns, FLOAT32, 1e-4",
        "tiny-qwen2, BFLOAT16, 0.15",
        "tiny-gpt2, BFLOAT16, 0.15",
        "adapter-biases, BFLOAT16, 0.15"
    })
    void whatIsSampledWithAnAdapterHasTheLogProbabilitiesThatTheTrainerComputes(
            String name, Precision precision, float tolerance) throws Exception {
        Path checkpoint = Fixture.named(name).folder();
        ModelOptions inference = ModelOptions.inference().withPrecision(precision);
        Path adapter = checkpoint;
        if (CheckpointParts.of(checkpoint).adapter().isEmpty()) {
            // One factor of those that sampling fuses is missing, and the scale is no power of two.
            List<String> some = name.equals("tiny-gpt2")
                    ? List.of("c_attn", "c_fc")
                    : List.of("q_proj", "v_proj", "up_proj", "down_proj");
            adapter = Files.createDirectory(folder.resolve("adapter"));
            LoraConfig lora = new LoraConfig(3, 5.0, null, some, null);
            try (LanguageModel model = LanguageModel.load(checkpoint, training(lora, checkpoint));
                    PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
                for (int i = 0; i < 10; i++) {
                    optimizer.accumulate(BATCH, LIKELIHOOD);
                    optimizer.step(3e-2);
                }
                model.saveAdapter(adapter);
            }
        }
        List<TokenSequence> sampled = new ArrayList<>();
        try (LanguageModel policy = LanguageModel.load(adapter, inference);
                LanguageModel trainer =
                        LanguageModel.load(adapter, ModelOptions.training().withPrecision(precision))) {
            List<SampleRequest> requests = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                requests.add(new SampleRequest(new int[] {5, 6 + i % 3}, SamplingSettings.plain(1, 12), i));
            }
            List<Sample> samples = policy.sample(requests);
            for (int i = 0; i < samples.size(); i++) {
                sampled.add(new TokenSequence(
                        requests.get(i).prompt(), samples.get(i).tokenIds()));
            }
            List<float[]> computed = trainer.tokenLogProbabilities(sampled);
            List<float[]> base = trainer.referenceTokenLogProbabilities(sampled);
            for (int i = 0; i < samples.size(); i++) {
                assertThat(samples.get(i).tokenLogProbabilities()).containsExactly(computed.get(i), within(tolerance));
                assertThat(policy.tokenLogProbabilities(sampled).get(i))
                        .containsExactly(computed.get(i), within(tolerance));
                assertThat(policy.referenceTokenLogProbabilities(sampled).get(i))
                        .containsExactly(base.get(i), within(tolerance));
            }
            assertThat(computed.get(0)).isNotEqualTo(base.get(0));
            policy.swapAdapter(Optional.empty());
            policy.sample(requests);
            assertThat(policy.policySha256()).isEqualTo(trainer.baseSha256());
            policy.swapAdapter(Optional.of(adapter));
            assertThat(policy.sample(requests))
                    .usingRecursiveFieldByFieldElementComparator()
                    .containsExactlyElementsOf(samples);
        }
    }

    @Test
    void anAdapterThatDoesNotFitLeavesTheModelAsItWas() throws Exception {
        Path saved = trainedAdapter("adapter", 2);
        try (LanguageModel model = LanguageModel.load(saved, ModelOptions.inference())) {
            List<float[]> before = model.tokenLogProbabilities(BATCH);
            Path foreign = Files.createDirectory(folder.resolve("foreign"));
            AdapterTensors.read(saved, model.config())
                    .write(foreign, AdapterConfig.read(saved), model.config(), "0".repeat(64));
            assertThatThrownBy(() -> model.swapAdapter(Optional.of(foreign)))
                    .isInstanceOf(CheckpointException.class)
                    .hasMessageContaining("was trained on weights of SHA-256 000");
            assertThat(model.tokenLogProbabilities(BATCH).get(0)).containsExactly(before.get(0));
        }
    }

    @Test
    void dropoutFollowsTheSeedThatIsGiven() {
        float[] first = gradient(7, false);
        assertThat(gradient(7, false)).containsExactly(first);
        assertThat(gradient(8, false)).isNotEqualTo(first);
        assertThat(gradient(7, true)).as("computed again on the way back").containsExactly(gradient(7, true));
    }

    private static float[] gradient(long seed, boolean checkpointing) {
        LoraConfig lora = new LoraConfig(4, null, 0.3, null, null);
        try (LanguageModel model =
                        LanguageModel.load(BASE, training(lora, BASE).withGradientCheckpointing(checkpointing));
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            optimizer.accumulate(BATCH, seed, LIKELIHOOD);
            return optimizer.gradient("model.layers.0.self_attn.q_proj.lora_B.weight");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-gpt2"})
    void aNewAdapterIsOnEveryProjectionUnlessModulesAreNamed(String name) {
        Path base = Fixture.named(name).folder();
        ModelConfig config = ModelConfig.read(base);
        LoraConfig all = new LoraConfig(4, 6.0, null, null, true);
        AdapterConfig adapter = all.adapter(config, base);
        assertThat(adapter.scale("any", 4)).isEqualTo(3);
        assertThat(adapter.baseModel())
                .contains(base.toAbsolutePath().normalize().toString());
        try (LanguageModel model = LanguageModel.load(base, training(all, base))) {
            long trained = model.decoder().trained().values().stream()
                    .mapToLong(NDArray::size)
                    .sum();
            assertThat(all.parameters(config, base)).isEqualTo(trained);
        }
        String one = name.equals("tiny-gpt2") ? "c_attn" : "v_proj";
        LoraConfig named = new LoraConfig(4, null, null, List.of(one), null);
        assertThat(named.adapter(config, base).targets().include("model.layers.0." + one))
                .isTrue();
        assertThat(named.parameters(config, base)).isLessThan(all.parameters(config, base));
        assertThatThrownBy(() -> new LoraConfig(4, null, null, List.of(one, "w_proj"), null).adapter(config, base))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("lora.targetModules names w_proj, which is no projection of the model in " + base)
                .hasMessageContaining(one);
    }

    @Test
    void settingsOutOfRangeAreNamed() {
        assertThat(LoraConfig.ofRank(8).alpha()).isCloseTo(16, within(0.0));
        assertThatThrownBy(() -> LoraConfig.ofRank(0)).hasMessage("lora.rank is 0, must be from 1 to 65536");
        assertThatThrownBy(() -> new LoraConfig(8, 0.0, null, null, null))
                .hasMessage("lora.alpha is 0.0, must be above 0 and at most 1e6");
        assertThatThrownBy(() -> new LoraConfig(8, null, 1.0, null, null))
                .hasMessage("lora.dropout is 1.0, must be at least 0 and below 1");
    }

    private static List<float[]> values(Path checkpoint, ModelOptions options) {
        try (LanguageModel model = LanguageModel.load(checkpoint, options)) {
            return model.tokenLogProbabilities(BATCH);
        }
    }

    private static String sampled(Path checkpoint, ModelOptions options) {
        try (LanguageModel model = LanguageModel.load(checkpoint, options)) {
            return sampled(model);
        }
    }

    private static String sampled(LanguageModel model) {
        SamplingSettings settings = new SamplingSettings(1, 0, 1, 1, 12, List.of());
        return model
                .sample(List.of(
                        new SampleRequest(new int[] {5, 6, 7}, settings, 3),
                        new SampleRequest(new int[] {5, 6, 7, 8}, settings, 4)))
                .stream()
                .map(sample -> sample.logProbability() + Arrays.toString(sample.tokenIds()))
                .collect(Collectors.joining(" "));
    }

    private static String sha256(Path file) throws Exception {
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), digest)) {
            in.transferTo(java.io.OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
