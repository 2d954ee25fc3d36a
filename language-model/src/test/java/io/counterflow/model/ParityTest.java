package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.model.training.OptimizerConfig;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What transformers computes on the same checkpoints. */
class ParityTest {

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2", "tiny-gpt2"})
    void logitsAreThoseOfTransformers(String name) {
        Fixture fixture = Fixture.named(name);
        try (LanguageModel model = LanguageModel.load(fixture.folder(), ModelOptions.inference())) {
            float[][] logits = model.nextTokenLogits(fixture.inputs());
            for (int row = 0; row < logits.length; row++) {
                assertThat(logits[row])
                        .containsExactly(
                                Fixture.floats(
                                        fixture.expected().get("logits_last").get(row)),
                                within(1e-4f));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2", "tiny-gpt2"})
    void tokenLogProbabilitiesAreThoseOfTransformers(String name) {
        Fixture fixture = Fixture.named(name);
        List<TokenSequence> sequences = fixture.inputs().stream()
                .map(row -> new TokenSequence(Arrays.copyOf(row, 1), Arrays.copyOfRange(row, 1, row.length)))
                .toList();
        try (LanguageModel model = LanguageModel.load(fixture.folder(), ModelOptions.inference())) {
            List<float[]> values = model.tokenLogProbabilities(sequences);
            for (int row = 0; row < values.size(); row++) {
                assertThat(values.get(row))
                        .containsExactly(
                                Fixture.floats(fixture.expected()
                                        .get("token_log_probs")
                                        .get(row)),
                                within(1e-4f));
            }
            float[] sums = Fixture.floats(fixture.expected().get("completion_log_prob"));
            assertThat(sums(model.tokenLogProbabilities(fixture.sequences())))
                    .containsExactly(new double[] {sums[0], sums[1]}, within(1e-3));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2", "tiny-gpt2"})
    void greedyContinuationIsThatOfTransformers(String name) {
        Fixture fixture = Fixture.named(name);
        int[] greedy = Fixture.ints(fixture.expected().get("greedy"));
        int[] prompt = Arrays.copyOf(fixture.inputs().get(0), fixture.promptLength());
        try (LanguageModel model = LanguageModel.load(fixture.folder(), ModelOptions.inference())) {
            Sample sample = model.sample(List.of(new SampleRequest(prompt, SamplingSettings.greedy(greedy.length), 1)))
                    .get(0);
            assertThat(sample.tokenIds()).containsExactly(greedy);
            assertThat(sample.tokenLogProbabilities())
                    .containsExactly(
                            model.tokenLogProbabilities(List.of(new TokenSequence(prompt, sample.tokenIds())))
                                    .get(0),
                            within(1e-4f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2", "tiny-gpt2"})
    void lossGradientsAndOneStepAreThoseOfPyTorch(String name) {
        Fixture fixture = Fixture.named(name);
        JsonNode copg = fixture.expected().get("copg");
        JsonNode adamW = copg.get("adamw");
        OptimizerConfig config = new OptimizerConfig(
                adamW.get("betas").get(0).asDouble(),
                adamW.get("betas").get(1).asDouble(),
                adamW.get("eps").asDouble(),
                0,
                0);
        try (LanguageModel model = LanguageModel.load(fixture.folder(), ModelOptions.training());
                PolicyOptimizer optimizer = model.optimizer(config)) {
            double[] reference =
                    referenceOf(fixture, copg.get("reference_scale").floatValue());
            float[] expectedReference = Fixture.floats(copg.get("reference_completion_log_prob"));
            assertThat(reference)
                    .containsExactly(new double[] {expectedReference[0], expectedReference[1]}, within(1e-3));

            CopgPair loss = new CopgPair(
                    copg.get("beta").asDouble(),
                    new double[] {
                        copg.get("rewards").get(0).asDouble(),
                        copg.get("rewards").get(1).asDouble()
                    },
                    reference);
            optimizer.accumulate(fixture.sequences(), loss);
            assertThat(loss.loss).isCloseTo(copg.get("loss").asDouble(), withinPercentage(0.1));
            Map<String, Double> norms = optimizer.gradientNorms();
            copg.get("gradient_norms").properties().forEach(entry -> assertThat(norms.get(entry.getKey()))
                    .as(entry.getKey())
                    .isCloseTo(entry.getValue().asDouble(), withinPercentage(0.1)));
            assertThat(norms).hasSize(copg.get("gradient_norms").size());

            assertThat(optimizer.step(adamW.get("lr").asDouble()))
                    .isCloseTo(copg.get("gradient_norm").asDouble(), withinPercentage(0.1));
            optimizer.accumulate(fixture.sequences(), loss);
            assertThat(loss.loss).isCloseTo(copg.get("loss_after_step").asDouble(), withinPercentage(0.1));
        }
    }

    /** Log-probabilities of the completions when every weight is multiplied by {@code scale}. */
    private static double[] referenceOf(Fixture fixture, float scale) {
        try (LanguageModel model = LanguageModel.load(fixture.folder(), ModelOptions.training())) {
            model.config().tensors().forEach(spec -> {
                float[] values = model.decoder().parameters().get(spec.name());
                for (int i = 0; i < values.length; i++) {
                    values[i] *= scale;
                }
                model.decoder().parameters().set(spec.name(), values);
            });
            return sums(model.tokenLogProbabilities(fixture.sequences()));
        }
    }

    private static double[] sums(List<float[]> rows) {
        return rows.stream()
                .mapToDouble(row -> {
                    double sum = 0;
                    for (float value : row) {
                        sum += value;
                    }
                    return sum;
                })
                .toArray();
    }
}
