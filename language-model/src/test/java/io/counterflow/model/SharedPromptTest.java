package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.model.decoder.Precision;
import io.counterflow.model.training.OptimizerConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Completions that share their prompt's row get the values and gradients that they get alone. */
class SharedPromptTest {
    private static final long SEED = 31;

    private static final LogProbabilityGradient SLOPES = rows -> {
        List<float[]> slopes = new ArrayList<>();
        for (float[] row : rows) {
            float[] slope = new float[row.length];
            // Another one for each place, so that mistaking one for another shows.
            for (int i = 0; i < slope.length; i++) {
                slope[i] = 0.01f * (1 + i) * (row.length % 2 == 0 ? 1 : -1);
            }
            slopes.add(slope);
        }
        return slopes;
    };

    @ParameterizedTest
    @ValueSource(
            strings = {
                "tiny-llama",
                "tiny-qwen2",
                "tiny-gpt2",
                "family-gpt2-untied",
                "family-llama-bias",
                "family-llama3",
                "family-mistral",
                "family-qwen2-window",
                "family-qwen3"
            })
    void logProbabilitiesAreThoseOfEachSequenceAlone(String name) {
        for (ModelOptions options : List.of(ModelOptions.inference(), ModelOptions.training())) {
            try (LanguageModel model = LanguageModel.load(Fixture.named(name).folder(), options)) {
                List<TokenSequence> sequences = groups(model);
                assertThat(TokenSequence.rows(sequences, model.config())).hasSize(4);
                List<float[]> together = model.tokenLogProbabilities(sequences);
                for (int i = 0; i < sequences.size(); i++) {
                    float[] alone = model.tokenLogProbabilities(List.of(sequences.get(i)))
                            .get(0);
                    assertThat(together.get(i))
                            .as("sequence %d, seed %d", i, SEED)
                            .containsExactly(alone, within(2e-5f));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-gpt2", "family-mistral", "family-qwen2-window", "family-qwen3"})
    void gradientsAreTheSumOfThoseOfEachSequenceAlone(String name) {
        ModelOptions plain = ModelOptions.training();
        Map<String, float[]> alone = gradients(name, plain, 1);
        for (ModelOptions options : List.of(
                plain,
                plain.withWorkers(2),
                plain.withGradientCheckpointing(true),
                plain.withGradientCheckpointing(true).withWorkers(3))) {
            gradients(name, options, Integer.MAX_VALUE).forEach((tensor, gradient) -> {
                float[] expected = alone.get(tensor);
                double largest = 0;
                for (float value : expected) {
                    largest = Math.max(largest, Math.abs(value));
                }
                assertThat(gradient)
                        .as("%s, %s, seed %d", tensor, options, SEED)
                        .containsExactly(expected, within((float) (1e-6 + 1e-4 * largest)));
            });
        }
    }

    @Test
    void theSameBatchGivesTheSameBytesTwice() {
        Map<String, float[]> first = gradients("tiny-llama", ModelOptions.training(), Integer.MAX_VALUE);
        Map<String, float[]> second = gradients("tiny-llama", ModelOptions.training(), Integer.MAX_VALUE);
        first.forEach((name, gradient) -> assertThat(second.get(name)).containsExactly(gradient));
    }

    @Test
    void bfloat16SharesPromptsToo() {
        ModelOptions half = ModelOptions.inference().withPrecision(Precision.BFLOAT16);
        try (LanguageModel rounded =
                        LanguageModel.load(Fixture.named("tiny-llama").folder(), half);
                LanguageModel exact =
                        LanguageModel.load(Fixture.named("tiny-llama").folder(), ModelOptions.inference())) {
            List<TokenSequence> sequences = groups(exact);
            List<float[]> expected = exact.tokenLogProbabilities(sequences);
            List<float[]> values = rounded.tokenLogProbabilities(sequences);
            for (int i = 0; i < values.size(); i++) {
                assertThat(values.get(i)).containsExactly(expected.get(i), within(0.3f));
            }
        }
    }

    private static Map<String, float[]> gradients(String name, ModelOptions options, int atOnce) {
        try (LanguageModel model = LanguageModel.load(Fixture.named(name).folder(), options);
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            List<TokenSequence> sequences = groups(model);
            for (int from = 0; from < sequences.size(); from += Math.min(atOnce, sequences.size())) {
                optimizer.accumulate(
                        sequences.subList(from, (int) Math.min((long) from + atOnce, sequences.size())), SLOPES);
            }
            Map<String, float[]> gradients = new TreeMap<>();
            model.decoder()
                    .parameters()
                    .arrays()
                    .keySet()
                    .forEach(tensor -> gradients.put(tensor, optimizer.gradient(tensor)));
            return gradients;
        }
    }

    /** Four prompts of unequal lengths with three completions each, of 1 to 7 tokens. */
    private static List<TokenSequence> groups(LanguageModel model) {
        SplittableRandom random = new SplittableRandom(SEED);
        int vocabulary = model.config().vocabularySize();
        List<TokenSequence> sequences = new ArrayList<>();
        for (int group = 0; group < 4; group++) {
            int[] prompt = random.ints(9 + 4 * group, 2, vocabulary).toArray();
            for (int member = 0; member < 3; member++) {
                int[] completion =
                        random.ints(1 + random.nextInt(7), 2, vocabulary).toArray();
                sequences.add(new TokenSequence(Arrays.copyOf(prompt, prompt.length), completion));
            }
        }
        return sequences;
    }
}
