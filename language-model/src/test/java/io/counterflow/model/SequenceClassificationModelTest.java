package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SequenceClassificationModelTest {
    private static final List<int[]> SEQUENCES =
            List.of(new int[] {4, 5, 6, 7}, new int[] {8, 9}, new int[] {10, 11, 12});

    @Test
    void scoresAreThoseOfTransformers(@TempDir Path folder) throws Exception {
        Fixture fixture = Fixture.named("tiny-reward-model");
        List<int[]> sequences = new ArrayList<>();
        JsonNode mask = fixture.expected().get("attention_mask");
        for (int row = 0; row < mask.size(); row++) {
            int length = Arrays.stream(Fixture.ints(mask.get(row))).sum();
            sequences.add(Arrays.copyOf(fixture.inputs().get(row), length));
        }
        try (SequenceClassificationModel model =
                SequenceClassificationModel.load(fixture.folder(), ModelOptions.inference())) {
            assertThat(flat(model.logits(sequences)))
                    .containsExactly(Fixture.floats(fixture.expected().get("scores")), within(1e-4f));
            model.save(folder);
            assertThat(Files.readAllBytes(folder.resolve("model.safetensors")))
                    .isEqualTo(Files.readAllBytes(fixture.folder().resolve("model.safetensors")));
        }
    }

    @Test
    void aRewardModelStartedFromALanguageModelLearnsToRankAndIsSaved(@TempDir Path folder) {
        Path base = Fixture.named("tiny-gpt2").folder();
        float[] scores;
        try (SequenceClassificationModel model = SequenceClassificationModel.startFrom(
                        base, List.of("reward"), 1, ModelOptions.training().withWorkers(2));
                SequenceClassificationOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            for (int i = 0; i < 20; i++) {
                // Bradley-Terry: the first above the second.
                optimizer.accumulate(SEQUENCES, s -> {
                    float slope = (float) (-1 / (1 + Math.exp(s[0][0] - s[1][0])));
                    return new float[][] {{slope}, {-slope}, {0}};
                });
                optimizer.step(1e-2);
            }
            scores = flat(model.logits(SEQUENCES));
            assertThat(scores[0]).isGreaterThan(scores[1] + 1);
            model.save(folder);
        }
        try (SequenceClassificationModel model = SequenceClassificationModel.load(folder, ModelOptions.inference())) {
            assertThat(flat(model.logits(SEQUENCES))).containsExactly(scores, within(1e-5f));
        }
    }

    @Test
    void severalLabelsLearnTogether(@TempDir Path folder) {
        Path base = Fixture.named("tiny-llama").folder();
        List<String> labels = List.of("low", "middle", "high");
        float[] logits;
        try (SequenceClassificationModel model = SequenceClassificationModel.startFrom(
                        base, labels, 3, ModelOptions.training().withWorkers(2));
                SequenceClassificationOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            for (int i = 0; i < 20; i++) {
                optimizer.accumulate(SEQUENCES, SequenceClassificationModelTest::crossEntropyOfTheOwnPlace);
                optimizer.step(1e-2);
            }
            float[][] rows = model.logits(SEQUENCES);
            for (int row = 0; row < rows.length; row++) {
                float own = rows[row][row];
                for (int label = 0; label < rows.length; label++) {
                    if (label != row) {
                        assertThat(own).isGreaterThan(rows[row][label] + 1);
                    }
                }
            }
            logits = flat(rows);
            model.save(folder);
        }
        try (SequenceClassificationModel model = SequenceClassificationModel.load(folder, ModelOptions.inference())) {
            assertThat(model.labels()).isEqualTo(labels);
            assertThat(flat(model.logits(SEQUENCES))).containsExactly(logits, within(1e-4f));
        }
        try (SequenceClassificationModel same =
                        SequenceClassificationModel.startFrom(folder, labels, 4, ModelOptions.inference());
                SequenceClassificationModel other = SequenceClassificationModel.startFrom(
                        folder, List.of("red", "green", "blue"), 4, ModelOptions.inference())) {
            assertThat(flat(same.logits(SEQUENCES))).containsExactly(logits, within(1e-4f));
            assertThat(flat(other.logits(SEQUENCES))).isNotEqualTo(logits);
        }
    }

    /** d (-ln softmax(logits)[row]) / d logits. */
    private static float[][] crossEntropyOfTheOwnPlace(float[][] logits) {
        float[][] slopes = new float[logits.length][];
        for (int row = 0; row < logits.length; row++) {
            double sum = 0;
            for (float logit : logits[row]) {
                sum += Math.exp(logit);
            }
            slopes[row] = new float[logits[row].length];
            for (int label = 0; label < slopes[row].length; label++) {
                slopes[row][label] = (float) (Math.exp(logits[row][label]) / sum - (label == row ? 1 : 0));
            }
        }
        return slopes;
    }

    @Test
    void aGradientOfTheWrongShapeChangesNothing() {
        Path base = Fixture.named("tiny-llama").folder();
        try (SequenceClassificationModel model =
                        SequenceClassificationModel.startFrom(base, List.of("a", "b"), 3, ModelOptions.training());
                SequenceClassificationOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            for (float[][] wrong : List.of(new float[2][2], new float[3][1], new float[4][2])) {
                assertThatThrownBy(() -> optimizer.accumulate(SEQUENCES, logits -> wrong))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("gradient");
            }
            assertThatThrownBy(() -> optimizer.step(1e-2)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aLanguageModelIsNoClassifier() {
        Path folder = Fixture.named("tiny-llama").folder();
        assertThatThrownBy(() -> SequenceClassificationModel.load(folder, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("LlamaForSequenceClassification");
    }

    private static float[] flat(float[][] rows) {
        float[] values = new float[rows.length * rows[0].length];
        for (int i = 0; i < rows.length; i++) {
            System.arraycopy(rows[i], 0, values, i * rows[0].length, rows[0].length);
        }
        return values;
    }
}
