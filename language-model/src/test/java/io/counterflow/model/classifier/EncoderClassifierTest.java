package io.counterflow.model.classifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.training.OptimizerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EncoderClassifierTest {
    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"encoder-bert", "encoder-roberta", "encoder-distilbert"})
    void logitsAndHiddenStatesAreThoseOfPlainPytorch(String name) {
        EncoderFixture fixture = EncoderFixture.named(name);
        try (EncoderClassifier classifier = EncoderClassifier.load(fixture.folder(), ModelOptions.inference())) {
            List<ClassifierInput> inputs = fixture.encoded(classifier);
            assertThat(inputs).isEqualTo(fixture.inputs());
            assertThat(EncoderFixture.flat(classifier.logits(inputs)))
                    .containsExactly(fixture.flat("logits"), within(1e-5f));
            assertThat(classifier.hiddenStates(inputs)).containsExactly(fixture.flat("hidden"), within(2e-5f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"encoder-bert", "encoder-roberta", "encoder-distilbert"})
    void gradientsAndAStepAreThoseOfPlainPytorch(String name) {
        EncoderFixture fixture = EncoderFixture.named(name);
        JsonNode step = fixture.expected().get("step");
        OptimizerConfig config = new OptimizerConfig(
                step.get("beta1").asDouble(),
                step.get("beta2").asDouble(),
                step.get("epsilon").asDouble(),
                step.get("weight_decay").asDouble(),
                step.get("max_gradient_norm").asDouble());
        for (int workers = 1; workers <= 2; workers++) {
            ModelOptions options = ModelOptions.training().withWorkers(workers);
            List<String> labels = fixture.labels();
            try (EncoderClassifier classifier = EncoderClassifier.startFrom(fixture.folder(), labels, 1, options);
                    EncoderClassifier.EncoderOptimizer optimizer = classifier.optimizer(config)) {
                optimizer.accumulate(fixture.inputs(), fixture.gradient());
                fixture.expected().get("gradients").properties().forEach(gradient -> assertThat(
                                optimizer.gradient(gradient.getKey()))
                        .as(gradient.getKey())
                        .containsExactly(floats(gradient.getValue()), within(2e-5f)));
                fixture.expected().get("gradient_norms").properties().forEach(norm -> assertThat(
                                norm(optimizer.gradient(norm.getKey())))
                        .as(norm.getKey())
                        .isCloseTo(norm.getValue().asDouble(), within(2e-5)));
                assertThat(optimizer.step(step.get("learning_rate").asDouble()))
                        .isCloseTo(fixture.expected().get("gradient_norm").asDouble(), within(2e-5));
                // Adam's first step is about the sign of each gradient, so that tiny ones may go either way.
                assertThat(EncoderFixture.flat(classifier.logits(fixture.inputs())))
                        .containsExactly(fixture.flat("logits_after_step"), within(2e-3f));
            }
        }
    }

    @Test
    void theGradientIsTheSlopeOfTheLoss() {
        EncoderFixture fixture = EncoderFixture.named("encoder-bert");
        List<ClassifierInput> inputs = fixture.inputs();
        float[][] weight = {{0.3f, -0.2f, 0.5f}, {-0.4f, 0.1f, 0.2f}, {0.6f, 0.1f, -0.3f}, {0.2f, 0.2f, -0.7f}};
        try (EncoderClassifier classifier =
                        EncoderClassifier.startFrom(fixture.folder(), fixture.labels(), 1, ModelOptions.training());
                EncoderClassifier.EncoderOptimizer optimizer = classifier.optimizer(OptimizerConfig.standard())) {
            optimizer.accumulate(inputs, logits -> weight);
            for (String name : List.of(
                    "bert.encoder.layer.0.attention.self.key.weight",
                    "bert.encoder.layer.1.intermediate.dense.bias",
                    "bert.embeddings.position_embeddings.weight",
                    "bert.embeddings.LayerNorm.weight")) {
                float[] gradient = optimizer.gradient(name);
                float[] values = classifier.encoder().parameters().get(name);
                for (int place : new int[] {0, 3, values.length / 5}) {
                    double slope = (weighted(classifier, inputs, weight, name, values, place, 1e-2f)
                                    - weighted(classifier, inputs, weight, name, values, place, -1e-2f))
                            / 2e-2;
                    assertThat((double) gradient[place]).as(name + place).isCloseTo(slope, within(2e-3));
                }
            }
        }
    }

    private static double weighted(
            EncoderClassifier classifier,
            List<ClassifierInput> inputs,
            float[][] weight,
            String name,
            float[] values,
            int place,
            float change) {
        float[] changed = values.clone();
        changed[place] += change;
        classifier.encoder().parameters().set(name, changed);
        float[][] logits = classifier.logits(inputs);
        classifier.encoder().parameters().set(name, values);
        double sum = 0;
        for (int i = 0; i < logits.length; i++) {
            for (int label = 0; label < logits[i].length; label++) {
                sum += weight[i][label] * logits[i][label];
            }
        }
        return sum;
    }

    @Test
    void anInputsLogitsDoNotDependOnItsBatch() {
        EncoderFixture fixture = EncoderFixture.named("encoder-bert");
        for (int workers = 1; workers <= 2; workers++) {
            try (SequenceClassifier classifier = SequenceClassifier.load(
                    fixture.folder(), ModelOptions.inference().withWorkers(workers))) {
                float[][] together = classifier.logits(fixture.inputs());
                for (int i = 0; i < together.length; i++) {
                    float[][] alone = classifier.logits(List.of(fixture.inputs().get(i)));
                    assertThat(alone[0]).containsExactly(together[i], within(1e-5f));
                }
                assertThat(classifier.logits(List.of())).isEmpty();
            }
        }
    }

    @Test
    void bfloat16GivesAboutTheSame() {
        EncoderFixture fixture = EncoderFixture.named("encoder-bert");
        ModelOptions options = ModelOptions.inference().withPrecision(Precision.BFLOAT16);
        try (SequenceClassifier classifier = SequenceClassifier.load(fixture.folder(), options)) {
            assertThat(EncoderFixture.flat(classifier.logits(fixture.inputs())))
                    .containsExactly(fixture.flat("logits"), within(0.05f));
        }
        try (EncoderClassifier classifier = EncoderClassifier.startFrom(
                        fixture.folder(),
                        fixture.labels(),
                        1,
                        ModelOptions.training().withPrecision(Precision.BFLOAT16));
                EncoderClassifier.EncoderOptimizer optimizer = classifier.optimizer(OptimizerConfig.standard())) {
            optimizer.accumulate(fixture.inputs(), fixture.gradient());
            assertThat(optimizer.step(1e-3))
                    .isCloseTo(fixture.expected().get("gradient_norm").asDouble(), within(0.1));
        }
    }

    @Test
    void theSameSeedAndWorkersGiveTheSameBytes() throws IOException {
        Path base = EncoderFixture.FIXTURES.resolve("encoder-bert");
        List<ClassifierInput> inputs = EncoderFixture.named("encoder-bert").inputs();
        List<String> hashes = new ArrayList<>();
        for (int run = 0; run < 3; run++) {
            Path state = folder.resolve("state-" + run);
            ModelOptions options = ModelOptions.training().withWorkers(2);
            try (TrainableClassifier classifier =
                            TrainableClassifier.startFrom(base, List.of("a", "b", "c", "d"), run / 2, options);
                    ClassifierOptimizer optimizer = classifier.optimizer(OptimizerConfig.standard())) {
                for (int i = 0; i < 3; i++) {
                    optimizer.accumulate(inputs, EncoderFixture::ownPlace);
                    optimizer.step(1e-2);
                }
                hashes.add(classifier.weightsSha256());
                optimizer.save(state);
                assertThat(optimizer.steps()).isEqualTo(3);
            }
        }
        assertThat(hashes.get(0)).isEqualTo(hashes.get(1)).isNotEqualTo(hashes.get(2));
        assertThat(Files.readAllBytes(folder.resolve("state-0")))
                .isEqualTo(Files.readAllBytes(folder.resolve("state-1")));
    }

    @Test
    void otherLabelsGetAHeadOfTheirOwnAndTheSameKeepTheirs() {
        EncoderFixture fixture = EncoderFixture.named("encoder-bert");
        List<ClassifierInput> inputs = fixture.inputs();
        try (TrainableClassifier same =
                        TrainableClassifier.startFrom(fixture.folder(), fixture.labels(), 1, ModelOptions.inference());
                TrainableClassifier other = TrainableClassifier.startFrom(
                        fixture.folder(), List.of("x", "y", "z"), 1, ModelOptions.inference());
                TrainableClassifier reward = TrainableClassifier.startFrom(
                        fixture.folder(), List.of("reward"), 1, ModelOptions.inference())) {
            assertThat(EncoderFixture.flat(same.logits(inputs))).containsExactly(fixture.flat("logits"), within(1e-5f));
            assertThat(EncoderFixture.flat(other.logits(inputs))).isNotEqualTo(fixture.flat("logits"));
            assertThat(reward.logits(inputs)).hasDimensions(inputs.size(), 1);
            assertThatThrownBy(() -> reward.optimizer(OptimizerConfig.standard()))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("training()");
        }
    }

    @Test
    void inputsThatDoNotFitTheModelAreRefusedAndChangeNothing() {
        EncoderFixture fixture = EncoderFixture.named("encoder-bert");
        try (TrainableClassifier classifier =
                        TrainableClassifier.startFrom(fixture.folder(), fixture.labels(), 1, ModelOptions.training());
                ClassifierOptimizer optimizer = classifier.optimizer(OptimizerConfig.standard())) {
            assertThat(classifier.context()).isEqualTo(64);
            ClassifierInput tooLong = new ClassifierInput(new int[65], new int[65]);
            assertThatThrownBy(() -> classifier.logits(List.of(tooLong)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("65 tokens is longer than the model's context of 64");
            assertThatThrownBy(() -> classifier.logits(List.of(new ClassifierInput(new int[] {999}, new int[1]))))
                    .hasMessageContaining("Token 999 is outside the model's vocabulary");
            assertThatThrownBy(() -> classifier.logits(List.of(new ClassifierInput(new int[1], new int[] {2}))))
                    .hasMessageContaining("Segment 2");
            assertThatThrownBy(() -> optimizer.accumulate(List.of(tooLong), logits -> logits))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> optimizer.accumulate(fixture.inputs(), logits -> new float[1][3]))
                    .hasMessageContaining("4 inputs and 3 labels");
            assertThatThrownBy(() -> optimizer.step(1)).isInstanceOf(IllegalStateException.class);
        }
        try (SequenceClassifier roberta =
                SequenceClassifier.load(EncoderFixture.FIXTURES.resolve("encoder-roberta"), ModelOptions.inference())) {
            assertThat(roberta.context()).isEqualTo(62);
        }
    }

    private static float[] floats(JsonNode array) {
        float[] values = new float[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).floatValue();
        }
        return values;
    }

    private static double norm(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += (double) value * value;
        }
        return Math.sqrt(sum);
    }
}
