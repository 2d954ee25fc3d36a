package io.counterflow.trainer.step;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.log.LogPosition;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.trainer.batch.CompletionMask;
import io.counterflow.trainer.batch.TrainingGroup;
import io.counterflow.trainer.batch.TrainingMember;
import io.counterflow.trainer.objective.GroupLoss;
import io.counterflow.trainer.objective.Likelihood;
import io.counterflow.trainer.objective.LogProbability;
import io.counterflow.trainer.objective.Objective;
import io.counterflow.trainer.objective.ObjectiveConfig;
import io.counterflow.trainer.objective.ObjectiveName;
import io.counterflow.trainer.objective.ScoredCompletion;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Tokens that the policy did not write are read and not judged.
 *
 * <p>The values are PyTorch 2.13's, float32, of the fixture's two rows behind their prompts of 6 tokens: ln p by {@code
 * model(ids).logits.log_softmax(-1)} of transformers 5.18, the reference with every parameter times 0.98, each loss written out with {@code
 * (... * mask).sum(1)}, the gradient's norm over {@code model.parameters()} after {@code backward()}. Behaviour is the reference.
 */
class MaskedCompletionTest {

    private static final Path MODEL = Path.of("../checkpoints/src/test/resources/fixtures/tiny-llama");
    private static final int PROMPT = 6;
    private static final String[] MASKS = {"11100001111101", "01111111000111"};
    private static final float[][] REFERENCE = {
        {
            -7.889063f,
            -6.892519f,
            -7.242776f,
            -5.896689f,
            -8.171025f,
            -8.997439f,
            -7.187459f,
            -5.39597f,
            -5.758628f,
            -5.985215f,
            -8.390529f,
            -5.784925f,
            -6.084805f,
            -3.059111f
        },
        {
            -6.642687f,
            -7.570371f,
            -7.570024f,
            -4.73056f,
            -7.610602f,
            -6.392037f,
            -7.030528f,
            -5.91111f,
            -6.831386f,
            -4.350989f,
            -5.276991f,
            -10.438193f,
            -5.222297f,
            -6.457162f
        }
    };

    private static JsonNode expected;

    @BeforeAll
    static void read() throws Exception {
        expected = new ObjectMapper().readTree(MODEL.resolve("expected.json").toFile());
    }

    @ParameterizedTest
    @CsvSource({
        "COPG,                   20.275270, 431.535971, BEST",
        "COPG_LENGTH_NORMALISED, 20.033478, 44.978171,  BEST",
        "GRPO,                   0.0092349, 8.244185,   BEST",
        "SFT,                    56.670200, 139.796101, BEST",
        "SFT,                    62.868691, 107.495630, ALL"
    })
    void lossAndGradientAreThoseOfTheTokensThatThePolicyWrote(
            ObjectiveName name, double loss, double norm, Likelihood.Chosen chosen) {
        try (PolicyTraining training = training(new ObjectiveConfig(name, 0.1, null, null, null, null, chosen))) {
            StepOutcome outcome = training.apply(1, 0, 0, List.of(pair(MASKS)));

            assertThat(outcome.loss()).isCloseTo(loss, within(Math.max(1e-4, 1e-4 * loss)));
            assertThat(outcome.gradientNorm()).isCloseTo(norm, within(1e-3 * norm));
            assertThat(outcome.metrics())
                    .as("lengths are those of what the policy wrote")
                    .containsEntry("tokens", 19.0)
                    .containsEntry("length.min", 9.0)
                    .containsEntry("length.max", 10.0);
        }
    }

    @Test
    void theReferenceIsSummedOverTheTokensThatThePolicyWrote() {
        try (ReferencePolicy reference = new ReferencePolicy(fixed(), ReferenceCache.none(), true)) {
            List<LogProbability> sums = reference.of(pair(MASKS));

            assertThat(sums.get(0).sum()).isCloseTo(-56.398731, within(1e-4));
            assertThat(sums.get(1).sum()).isCloseTo(-68.932892, within(1e-4));
        }
    }

    @Test
    void aMaskOfOnesIsNoMask() {
        assertThat(weights("11111111111111", "11111111111111")).isEqualTo(weights("", ""));
        assertThat(weights(MASKS)).isNotEqualTo(weights("", ""));
    }

    /** By finite differences of every token's log-probability, masked ones too. */
    @ParameterizedTest
    @EnumSource(ObjectiveName.class)
    void theDerivativeByATokenThatThePolicyDidNotWriteIsZero(ObjectiveName name) {
        long seed = 20261201;
        Random random = new Random(seed);
        CompletionMask[] masks = {mask("1101"), mask("01101")};
        float[][] policy = {tokens(random, 4), tokens(random, 5)};
        float[][] others = {tokens(random, 4), tokens(random, 5)};
        Objective objective = ObjectiveConfig.of(name, 0.2).objective();
        GroupLoss loss = objective.evaluate(scored(policy, others, masks));
        double step = 0x1p-9;
        for (int i = 0; i < 2; i++) {
            double[] gradient = masks[i].spread(loss.gradient()[i], policy[i].length);
            for (int t = 0; t < gradient.length; t++) {
                float before = policy[i][t];
                policy[i][t] = (float) (before + step);
                double above = objective.evaluate(scored(policy, others, masks)).loss();
                policy[i][t] = (float) (before - step);
                double below = objective.evaluate(scored(policy, others, masks)).loss();
                policy[i][t] = before;
                if (MASKED[i][t]) {
                    assertThat(gradient[t]).as("token %d of %d", t, i).isZero();
                    assertThat(above)
                            .as("what the policy did not write changes no loss")
                            .isEqualTo(below);
                } else if (hasPlainGradient(name)) {
                    assertThat(gradient[t])
                            .as("%s, token %d of %d, seed %d", name, t, i, seed)
                            .isCloseTo((above - below) / (2 * step), within(2e-3 + 1e-2 * Math.abs(gradient[t])));
                }
            }
        }
    }

    private static final boolean[][] MASKED = {{false, false, true, false}, {true, false, false, true, false}};

    /** Losses with a constant in them ({@code sg}) are no function whose derivative this is; {@code FiniteDifferencesTest} holds that constant. */
    private static boolean hasPlainGradient(ObjectiveName name) {
        return List.of(
                        ObjectiveName.COPG,
                        ObjectiveName.COPG_LENGTH_NORMALISED,
                        ObjectiveName.IPO,
                        ObjectiveName.IPO_LENGTH_NORMALISED,
                        ObjectiveName.DPO,
                        ObjectiveName.REBEL,
                        ObjectiveName.SFT)
                .contains(name);
    }

    private static float[] tokens(Random random, int length) {
        float[] tokens = new float[length];
        for (int t = 0; t < length; t++) {
            tokens[t] = Math.round(-256 * (0.2 + random.nextDouble())) / 256f;
        }
        return tokens;
    }

    private static List<ScoredCompletion> scored(float[][] policy, float[][] others, CompletionMask[] masks) {
        List<ScoredCompletion> scored = new ArrayList<>();
        for (int i = 0; i < policy.length; i++) {
            LogProbability other = LogProbability.ofTokens(masks[i].pick(others[i]));
            scored.add(
                    new ScoredCompletion(1 - 2 * i, LogProbability.ofTokens(masks[i].pick(policy[i])), other, other));
        }
        return scored;
    }

    private static String weights(String... masks) {
        try (PolicyTraining training = training(ObjectiveConfig.copg(0.1))) {
            training.apply(1, 0, 1e-3, List.of(pair(masks)));
            return training.weightsSha256();
        }
    }

    private static PolicyTraining training(ObjectiveConfig objective) {
        LanguageModel policy = LanguageModel.load(MODEL, ModelOptions.training());
        return new PolicyTraining(
                "run",
                policy,
                policy.optimizer(new OptimizerConfig(0.9, 0.999, 1e-8, 0, 0)),
                new ReferencePolicy(fixed(), ReferenceCache.none(), true),
                objective,
                2);
    }

    /** The reference as PyTorch has it. */
    private static ReferenceModel fixed() {
        return new ReferenceModel() {
            @Override
            public List<float[]> tokenLogProbabilities(List<TokenSequence> sequences) {
                return List.of(REFERENCE);
            }

            @Override
            public void close() {
                // Nothing is held.
            }
        };
    }

    private static CompletionMask mask(String digits) {
        return CompletionMask.of(digits.chars().mapToObj(c -> c == '1').toList());
    }

    private static TrainingGroup pair(String... masks) {
        int[] first = ids(0);
        return new TrainingGroup(
                new LogPosition(3, 14),
                0,
                "g",
                "p",
                "run",
                "r",
                "00",
                true,
                Arrays.copyOf(first, PROMPT),
                List.of(member(0, masks[0]), member(1, masks[1])));
    }

    private static TrainingMember member(int row, String mask) {
        int[] ids = ids(row);
        return new TrainingMember(
                "c" + row,
                Arrays.copyOfRange(ids, PROMPT, ids.length),
                REFERENCE[row],
                -1,
                null,
                0,
                expected.get("copg").get("rewards").get(row).asDouble(),
                Map.of(),
                false,
                mask(mask));
    }

    private static int[] ids(int row) {
        JsonNode array = expected.get("input_ids").get(row);
        int[] values = new int[array.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = array.get(i).asInt();
        }
        return values;
    }
}
