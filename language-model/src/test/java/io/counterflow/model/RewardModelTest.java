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

class RewardModelTest {
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
        try (RewardModel model = RewardModel.load(fixture.folder(), ModelOptions.inference())) {
            assertThat(model.scores(sequences))
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
        try (RewardModel model =
                        RewardModel.startFrom(base, 1, ModelOptions.training().withWorkers(2));
                RewardOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            for (int i = 0; i < 20; i++) {
                // Bradley-Terry: the first above the second.
                optimizer.accumulate(SEQUENCES, s -> {
                    float slope = (float) (-1 / (1 + Math.exp(s[0] - s[1])));
                    return new float[] {slope, -slope, 0};
                });
                optimizer.step(1e-2);
            }
            scores = model.scores(SEQUENCES);
            assertThat(scores[0]).isGreaterThan(scores[1] + 1);
            model.save(folder);
        }
        try (RewardModel model = RewardModel.load(folder, ModelOptions.inference())) {
            assertThat(model.scores(SEQUENCES)).containsExactly(scores, within(1e-5f));
        }
    }

    @Test
    void aLanguageModelIsNoRewardModel() {
        Path folder = Fixture.named("tiny-llama").folder();
        assertThatThrownBy(() -> RewardModel.load(folder, ModelOptions.inference()))
                .isInstanceOf(CheckpointException.class)
                .hasMessageContaining("LlamaForSequenceClassification");
    }
}
