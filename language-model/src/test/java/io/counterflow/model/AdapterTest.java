package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.LowRank;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.TensorInfo;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdapterTest {
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

    private static ModelOptions peft(ModelOptions options) {
        return options.withAdapter(
                new ModelOptions.SavedAdapter(Fixture.named("tiny-qwen2-lora").folder()));
    }

    private static ModelOptions fresh(String base, double dropout, List<String> targets) {
        ModelConfig config = ModelConfig.read(Fixture.named(base).folder());
        return ModelOptions.training()
                .withAdapter(new ModelOptions.NewAdapter(AdapterConfig.of(config, 4, 8, dropout, targets, base), 11));
    }

    @Test
    void logitsUnderAnAdapterAreThoseOfPeft() {
        Fixture adapter = Fixture.named("tiny-qwen2-lora");
        try (LanguageModel model =
                LanguageModel.load(Fixture.named("tiny-qwen2").folder(), peft(ModelOptions.inference()))) {
            float[][] on = model.nextTokenLogits(adapter.inputs());
            model.merge();
            float[][] merged = model.nextTokenLogits(adapter.inputs());
            for (int row = 0; row < on.length; row++) {
                float[] expected =
                        Fixture.floats(adapter.expected().get("logits_last").get(row));
                assertThat(on[row]).containsExactly(expected, within(1e-4f));
                assertThat(merged[row]).containsExactly(expected, within(1e-4f));
            }
        }
    }

    /** Patterns of which several match a module, ranks of their own; and biases trained along, which PEFT saves under another name. */
    @ParameterizedTest
    @ValueSource(strings = {"adapter-alpha-patterns", "adapter-biases"})
    void patternsAndBiasesAreUnderstoodAsPeftDoes(String name, @TempDir Path folder) throws Exception {
        Fixture adapter = Fixture.named(name);
        Path base = Fixture.named(adapter.expected().get("base").asText()).folder();
        Path saved = Files.createDirectory(folder.resolve("adapter"));
        Path merged = Files.createDirectory(folder.resolve("merged"));
        ModelOptions options = ModelOptions.inference().withAdapter(new ModelOptions.SavedAdapter(adapter.folder()));
        try (LanguageModel model = LanguageModel.load(base, options)) {
            assertLogits(model, adapter);
            model.saveAdapter(saved);
            model.save(merged);
        }
        try (SafetensorsFile written = SafetensorsFile.open(saved.resolve(AdapterTensors.FILE_NAME));
                SafetensorsFile read = SafetensorsFile.open(adapter.folder().resolve(AdapterTensors.FILE_NAME))) {
            assertThat(written.tensors().stream().map(TensorInfo::name))
                    .containsExactlyInAnyOrderElementsOf(
                            read.tensors().stream().map(TensorInfo::name).toList());
        }
        try (LanguageModel model =
                LanguageModel.load(base, ModelOptions.inference().withAdapter(new ModelOptions.SavedAdapter(saved)))) {
            assertLogits(model, adapter);
        }
        try (LanguageModel model = LanguageModel.load(merged, ModelOptions.inference())) {
            assertLogits(model, adapter);
        }
    }

    private static void assertLogits(LanguageModel model, Fixture adapter) {
        float[][] logits = model.nextTokenLogits(adapter.inputs());
        for (int row = 0; row < logits.length; row++) {
            assertThat(logits[row])
                    .containsExactly(
                            Fixture.floats(adapter.expected().get("logits_last").get(row)), within(1e-4f));
        }
    }

    @Test
    void whatAnAdapterDoesToHeadOrTiedEmbeddingsIsNotLeftOut(@TempDir Path folder) {
        ModelConfig untied = ModelConfig.read(Fixture.named("tiny-llama").folder());
        AdapterConfig config = AdapterConfig.of(untied, 1, 1, 0, List.of("lm_head"), "");
        LowRank factors = new LowRank("lm_head", 1, 48, 384, new float[48], new float[384]);
        new AdapterTensors(Map.of("lm_head", factors), Map.of()).write(folder, config, untied);
        assertThatThrownBy(() -> LanguageModel.load(
                        Fixture.named("tiny-llama").folder(),
                        ModelOptions.inference().withAdapter(new ModelOptions.SavedAdapter(folder))))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("module lm_head");

        ModelConfig tied = ModelConfig.read(Fixture.named("tiny-qwen2").folder());
        new AdapterTensors(Map.of(), Map.of("model.embed_tokens.weight", new float[384 * 48]))
                .write(folder, config, tied);
        assertThatThrownBy(() -> AdapterTensors.read(folder, tied))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining(
                        "model.embed_tokens.weight replaces the embeddings, which the base ties to its head");
    }

    @Test
    void lossGradientsAndOneStepOfAnAdapterAreThoseOfPeft() throws Exception {
        Fixture base = Fixture.named("tiny-qwen2");
        JsonNode copg = new ObjectMapper()
                .readTree(Fixture.named("tiny-qwen2-lora")
                        .folder()
                        .resolve("training.json")
                        .toFile());
        JsonNode adamW = copg.get("adamw");
        OptimizerConfig config = new OptimizerConfig(
                adamW.get("betas").get(0).asDouble(),
                adamW.get("betas").get(1).asDouble(),
                adamW.get("eps").asDouble(),
                adamW.get("weight_decay").asDouble(),
                0);
        try (LanguageModel model = LanguageModel.load(base.folder(), peft(ModelOptions.training()));
                PolicyOptimizer optimizer = model.optimizer(config)) {
            double[] reference = model.referenceTokenLogProbabilities(base.sequences()).stream()
                    .mapToDouble(row -> sum(List.of(row)))
                    .toArray();
            for (int i = 0; i < reference.length; i++) {
                assertThat(reference[i])
                        .isCloseTo(
                                copg.get("reference_completion_log_prob").get(i).asDouble(), within(1e-3));
            }
            CopgPair loss = new CopgPair(
                    copg.get("beta").asDouble(),
                    new double[] {
                        copg.get("rewards").get(0).asDouble(),
                        copg.get("rewards").get(1).asDouble()
                    },
                    reference);
            optimizer.accumulate(base.sequences(), loss);
            assertThat(loss.loss).isCloseTo(copg.get("loss").asDouble(), withinPercentage(0.1));
            Map<String, Double> norms = optimizer.gradientNorms();
            copg.get("gradient_norms").properties().forEach(entry -> assertThat(norms.get(entry.getKey()))
                    .as(entry.getKey())
                    .isCloseTo(entry.getValue().asDouble(), withinPercentage(0.1)));
            assertThat(norms).hasSize(copg.get("gradient_norms").size());
            assertThat(optimizer.step(adamW.get("lr").asDouble()))
                    .isCloseTo(copg.get("gradient_norm").asDouble(), withinPercentage(0.1));
            optimizer.accumulate(base.sequences(), loss);
            assertThat(loss.loss).isCloseTo(copg.get("loss_after_step").asDouble(), withinPercentage(0.1));
        }
    }

    @Test
    void theReferenceIsTheModelWithoutItsAdapter() {
        Path base = Fixture.named("tiny-qwen2").folder();
        try (LanguageModel plain = LanguageModel.load(base, ModelOptions.inference());
                LanguageModel adapted = LanguageModel.load(base, peft(ModelOptions.inference()))) {
            List<float[]> reference = adapted.referenceTokenLogProbabilities(BATCH);
            List<float[]> expected = plain.tokenLogProbabilities(BATCH);
            for (int row = 0; row < expected.size(); row++) {
                assertThat(reference.get(row)).containsExactly(expected.get(row));
                assertThat(adapted.tokenLogProbabilities(BATCH).get(row)).isNotEqualTo(expected.get(row));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-gpt2"})
    void trainingAnAdapterMovesThePolicyAndLeavesTheBaseAlone(String base, @TempDir Path folder) throws Exception {
        List<String> targets = base.equals("tiny-gpt2") ? List.of("c_attn", "c_proj") : List.of("q_proj", "down_proj");
        ModelOptions options = fresh(base, 0, targets);
        Path checkpoint = Fixture.named(base).folder();
        try (LanguageModel model = LanguageModel.load(checkpoint, options);
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            List<float[]> before = model.tokenLogProbabilities(BATCH);
            assertThat(model.referenceTokenLogProbabilities(BATCH).get(0))
                    .containsExactly(before.get(0), within(1e-6f));
            for (int i = 0; i < 10; i++) {
                optimizer.accumulate(BATCH, LIKELIHOOD);
                optimizer.step(1e-2);
            }
            optimizer.accumulate(BATCH, LIKELIHOOD);
            assertThat(optimizer.gradientNorms())
                    .allSatisfy((name, norm) -> assertThat(name).contains(".lora_"));
            List<float[]> after = model.tokenLogProbabilities(BATCH);
            assertThat(sum(after)).isGreaterThan(sum(before) + 1);
            assertThat(model.referenceTokenLogProbabilities(BATCH).get(0))
                    .containsExactly(before.get(0), within(1e-6f));

            Path saved = Files.createDirectory(folder.resolve("adapter"));
            model.saveAdapter(saved);
            try (LanguageModel again = LanguageModel.load(
                    checkpoint, ModelOptions.inference().withAdapter(new ModelOptions.SavedAdapter(saved)))) {
                assertThat(again.tokenLogProbabilities(BATCH).get(0)).containsExactly(after.get(0), within(1e-5f));
                assertThat(again.weightsSha256()).isEqualTo(model.weightsSha256());
            }
            Path merged = Files.createDirectory(folder.resolve("merged"));
            model.save(merged);
            try (LanguageModel again = LanguageModel.load(merged, ModelOptions.inference())) {
                assertThat(again.tokenLogProbabilities(BATCH).get(0)).containsExactly(after.get(0), within(1e-4f));
                assertThat(again.weightsSha256()).isEqualTo(model.weightsSha256());
            }
        }
    }

    @Test
    void dropoutIsTheSameTwiceAndChangesTheGradient() {
        String first = trained(fresh("tiny-llama", 0.3, List.of("q_proj", "v_proj", "up_proj")));
        assertThat(trained(fresh("tiny-llama", 0.3, List.of("q_proj", "v_proj", "up_proj"))))
                .isEqualTo(first);
        assertThat(trained(fresh("tiny-llama", 0, List.of("q_proj", "v_proj", "up_proj"))))
                .isNotEqualTo(first);
    }

    private static String trained(ModelOptions options) {
        try (LanguageModel model =
                        LanguageModel.load(Fixture.named("tiny-llama").folder(), options);
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            for (int i = 0; i < 3; i++) {
                optimizer.accumulate(BATCH, LIKELIHOOD);
                optimizer.step(1e-2);
            }
            return model.weightsSha256();
        }
    }

    @Test
    void anAdapterThatTouchesNothingIsRefused() {
        assertThatThrownBy(() -> LanguageModel.load(
                        Fixture.named("tiny-llama").folder(), fresh("tiny-llama", 0, List.of("c_attn"))))
                .hasMessageContaining("q_proj");
        assertThatThrownBy(() ->
                        trained(fresh("tiny-llama", 0.1, List.of("q_proj")).withWorkers(2)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("dropout");
    }

    private static double sum(List<float[]> rows) {
        double sum = 0;
        for (float[] row : rows) {
            for (float value : row) {
                sum += value;
            }
        }
        return sum;
    }
}
