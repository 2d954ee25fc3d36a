package io.counterflow.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.log.LogPosition;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.batch.TrainingMember;
import io.counterflow.trainer.objective.ObjectiveConfig;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyTrainingTest {

    private static final Path MODEL = Path.of("../checkpoints/src/test/resources/fixtures/tiny-llama");

    private static JsonNode expected;

    @BeforeAll
    static void read() throws Exception {
        expected = new ObjectMapper().readTree(MODEL.resolve("expected.json").toFile());
    }

    @Test
    void aStepHasTheLossAndTheGradientThatPyTorchComputes() {
        try (PolicyTraining training = training(ObjectiveConfig.copg(0.1))) {
            StepOutcome outcome = training.apply(1, 0, 0, List.of(pair(1)));

            assertThat(outcome.loss()).isCloseTo(copg("loss"), within(1e-3));
            assertThat(outcome.gradientNorm()).isCloseTo(copg("gradient_norm"), within(0.05));
            assertThat(outcome.metrics())
                    .containsEntry("reward.mean", 0.5)
                    .containsEntry("groups", 1.0)
                    .containsEntry("completions", 2.0)
                    .containsEntry("tokens", 28.0)
                    .containsEntry("score.unit-tests", 0.5)
                    .containsEntry("length.cut.off", 0.5)
                    .containsEntry("beta", 0.1)
                    .containsEntry("reward.scale", 1.0);
        }
    }

    @Test
    void aBatchMadeOfOneGroupTwiceIsThatGroup() {
        try (PolicyTraining training = training(ObjectiveConfig.copg(0.1))) {
            StepOutcome outcome = training.apply(1, 0, 0, List.of(pair(1), pair(1)));

            assertThat(outcome.loss()).isCloseTo(copg("loss"), within(1e-3));
            assertThat(outcome.gradientNorm()).isCloseTo(copg("gradient_norm"), within(0.05));
        }
    }

    @Test
    void theSameStepsGiveTheSameBytes() {
        assertThat(weightsAfterThreeSteps()).isEqualTo(weightsAfterThreeSteps());
    }

    @Test
    void aLossThatIsNotFiniteStopsBeforeTheUpdateWithStepPartitionAndOffset() {
        try (PolicyTraining training = training(ObjectiveConfig.copg(0.1))) {
            String before = training.weightsSha256();

            assertThatThrownBy(() -> training.apply(7, 0, 1e-3, List.of(pair(1e200))))
                    .isInstanceOf(StepFailedException.class)
                    .hasMessageContaining("step 7")
                    .hasMessageContaining("the loss is Infinity")
                    .hasMessageContaining("partition 3, offset 14");
            assertThat(training.weightsSha256()).isEqualTo(before);
        }
    }

    @Test
    void weightsThatWereLoadedAsNoNumbersAreNamedAndNoLearningRateIsBlamed(@TempDir Path folder) throws Exception {
        for (String name : List.of("config.json", "tokenizer.json", "model.safetensors")) {
            Files.copy(MODEL.resolve(name), folder.resolve(name));
        }
        // The last of the file's numbers, little-endian.
        try (RandomAccessFile weights =
                new RandomAccessFile(folder.resolve("model.safetensors").toFile(), "rw")) {
            weights.seek(weights.length() - 4);
            weights.writeInt(Integer.reverseBytes(Float.floatToIntBits(Float.NaN)));
        }
        try (PolicyTraining training = training(folder, ObjectiveConfig.copg(0.1))) {
            assertThatThrownBy(() -> training.apply(1, 0, 1e-3, List.of(pair(1))))
                    .isInstanceOf(StepFailedException.class)
                    .hasMessageContaining("step 1: the logits of the model in " + folder + " are no numbers")
                    .hasMessageContaining("holds NaN")
                    .hasMessageNotContaining("learningRate");
        }
    }

    private static String weightsAfterThreeSteps() {
        try (PolicyTraining training = training(ObjectiveConfig.copg(0.1))) {
            for (int step = 1; step <= 3; step++) {
                training.apply(step, 0, 1e-3, List.of(pair(step)));
            }
            return training.weightsSha256();
        }
    }

    private static PolicyTraining training(ObjectiveConfig objective) {
        return training(MODEL, objective);
    }

    private static PolicyTraining training(Path model, ObjectiveConfig objective) {
        LanguageModel policy = LanguageModel.load(model, ModelOptions.training());
        return new PolicyTraining(
                "run",
                policy,
                policy.optimizer(new OptimizerConfig(0.9, 0.999, 1e-8, 0, 0)),
                new ReferencePolicy(
                        ReferenceModel.loaded(() -> {
                            throw new AssertionError("the record has the reference log-probabilities");
                        }),
                        ReferenceCache.none(),
                        false),
                objective,
                2);
    }

    private static double copg(String name) {
        return expected.get("copg").get(name).asDouble();
    }

    private static TrainingGroup pair(double scale) {
        int promptLength = expected.get("prompt_length").asInt();
        int[] first = ints(expected.get("input_ids").get(0));
        return new TrainingGroup(
                new LogPosition(3, 14),
                0,
                "g",
                "p",
                "run",
                "r",
                "00",
                true,
                Arrays.copyOf(first, promptLength),
                List.of(member(0, promptLength, scale), member(1, promptLength, scale)));
    }

    private static TrainingMember member(int row, int promptLength, double scale) {
        int[] ids = ints(expected.get("input_ids").get(row));
        return new TrainingMember(
                "c" + row,
                Arrays.copyOfRange(ids, promptLength, ids.length),
                null,
                -1,
                expected.get("copg")
                        .get("reference_completion_log_prob")
                        .get(row)
                        .asDouble(),
                0,
                expected.get("copg").get("rewards").get(row).asDouble() * scale,
                Map.of(
                        "unit-tests",
                        expected.get("copg").get("rewards").get(row).asDouble()),
                row == 0);
    }

    private static int[] ints(JsonNode array) {
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asInt();
        }
        return values;
    }
}
