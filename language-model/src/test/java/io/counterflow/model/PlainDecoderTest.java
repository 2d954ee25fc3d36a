package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.model.decoder.Precision;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The fast decoder equals the plain one, whatever the family, whichever of its ways is taken. */
class PlainDecoderTest {
    private static final long SEED = 99;

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
    void logitsOfUnequalRowsAreThoseOfThePlainDecoder(String name) {
        for (ModelOptions options : List.of(ModelOptions.inference(), ModelOptions.training())) {
            try (LanguageModel model = LanguageModel.load(Fixture.named(name).folder(), options)) {
                PlainDecoder plain = plain(model);
                List<int[]> rows = rows(model, 4, 30);
                float[][] logits = model.nextTokenLogits(rows);
                for (int i = 0; i < rows.size(); i++) {
                    double[][] expected = plain.logits(rows.get(i));
                    assertThat(logits[i])
                            .as("row %d, seed %d", i, SEED)
                            .containsExactly(floats(expected[expected.length - 1]), within(1e-4f));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-reward-model", "family-gpt2-reward", "family-mistral-reward", "family-qwen3-reward"})
    void scoresOfUnequalRowsAreThoseOfThePlainDecoder(String name) {
        for (ModelOptions options : List.of(ModelOptions.inference(), ModelOptions.training())) {
            try (SequenceClassificationModel model =
                    SequenceClassificationModel.load(Fixture.named(name).folder(), options)) {
                PlainDecoder plain = new PlainDecoder(
                        model.config(), tensor -> model.decoder().parameters().get(tensor));
                List<int[]> rows = rows(model.config().vocabularySize(), 4, 30);
                float[][] scores = model.logits(rows);
                for (int i = 0; i < rows.size(); i++) {
                    double[][] expected = plain.logits(rows.get(i));
                    assertThat(scores[i])
                            .as("row %d, seed %d", i, SEED)
                            .containsExactly(floats(expected[expected.length - 1]), within(1e-4f));
                }
            }
        }
    }

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
    void greedySamplingOfUnequalPromptsIsThatOfThePlainDecoder(String name) {
        for (ModelOptions options : List.of(ModelOptions.inference(), ModelOptions.training())) {
            try (LanguageModel model = LanguageModel.load(Fixture.named(name).folder(), options)) {
                PlainDecoder plain = plain(model);
                List<int[]> prompts = rows(model, 5, 12);
                List<Sample> samples = model.sample(prompts.stream()
                        .map(prompt -> new SampleRequest(prompt, SamplingSettings.greedy(14), 0))
                        .toList());
                for (int i = 0; i < prompts.size(); i++) {
                    int[] sequence = prompts.get(i);
                    for (int token : samples.get(i).tokenIds()) {
                        double[][] logits = plain.logits(sequence);
                        double[] last = logits[logits.length - 1];
                        // Where two tokens are as good as equal, rounding may choose.
                        assertThat(last[token])
                                .as("row %d, seed %d", i, SEED)
                                .isCloseTo(Arrays.stream(last).max().orElseThrow(), within(1e-4));
                        sequence = Arrays.copyOf(sequence, sequence.length + 1);
                        sequence[sequence.length - 1] = token;
                    }
                }
            }
        }
    }

    /** Biases and caches have the type of products, which is not that of the weights. */
    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2", "tiny-gpt2", "family-llama-bias", "family-qwen3"})
    void samplesInBfloat16HaveTheLogProbabilitiesOfTheWholeSequence(String name) {
        for (ModelOptions options : List.of(ModelOptions.inference(), ModelOptions.training())) {
            try (LanguageModel model =
                    LanguageModel.load(Fixture.named(name).folder(), options.withPrecision(Precision.BFLOAT16))) {
                List<int[]> prompts = rows(model, 5, 12);
                List<Sample> samples = model.sample(prompts.stream()
                        .map(prompt -> new SampleRequest(prompt, SamplingSettings.greedy(14), 0))
                        .toList());
                for (int i = 0; i < prompts.size(); i++) {
                    TokenSequence sequence =
                            new TokenSequence(prompts.get(i), samples.get(i).tokenIds());
                    assertThat(samples.get(i).tokenLogProbabilities())
                            .as("row %d, seed %d", i, SEED)
                            .containsExactly(
                                    model.tokenLogProbabilities(List.of(sequence))
                                            .get(0),
                                    within(0.1f));
                }
            }
        }
    }

    private static PlainDecoder plain(LanguageModel model) {
        return new PlainDecoder(
                model.config(), name -> model.decoder().parameters().get(name));
    }

    private static List<int[]> rows(LanguageModel model, int count, int longest) {
        return rows(model.config().vocabularySize(), count, longest);
    }

    private static List<int[]> rows(int vocabularySize, int count, int longest) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            rows.add(random.ints(1 + random.nextInt(longest), 0, vocabularySize).toArray());
        }
        return rows;
    }

    private static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }
}
