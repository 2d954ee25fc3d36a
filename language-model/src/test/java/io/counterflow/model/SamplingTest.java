package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.counterflow.model.checkpoint.GenerationConfig;
import io.counterflow.model.training.OptimizerConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SamplingTest {
    private static final long SEED = 20261121;

    private final LanguageModel model =
            LanguageModel.load(Fixture.named("tiny-llama").folder(), ModelOptions.inference());

    @AfterEach
    void close() {
        model.close();
    }

    @Test
    void aSampleDependsOnItsOwnSeedAndNotOnItsNeighbours() {
        List<SampleRequest> requests = requests(24, SamplingSettings.plain(1, 20));
        List<Sample> together = model.sample(requests);
        for (int i = 0; i < requests.size(); i++) {
            Sample alone = model.sample(List.of(requests.get(i))).get(0);
            assertThat(alone.tokenIds())
                    .as("row %d", i)
                    .containsExactly(together.get(i).tokenIds());
            assertThat(alone.tokenLogProbabilities())
                    .containsExactly(together.get(i).tokenLogProbabilities(), within(1e-4f));
        }
    }

    @Test
    void severalWorkersSampleAndScoreAsOneDoes() {
        List<SampleRequest> requests = requests(25, SamplingSettings.plain(1, 20));
        List<Sample> expected = model.sample(requests);
        List<TokenSequence> sequences = new ArrayList<>();
        for (int i = 0; i < expected.size(); i++) {
            sequences.add(
                    new TokenSequence(requests.get(i).prompt(), expected.get(i).tokenIds()));
        }
        List<float[]> values = model.tokenLogProbabilities(sequences);
        try (LanguageModel shared = LanguageModel.load(
                Fixture.named("tiny-llama").folder(), ModelOptions.inference().withWorkers(3))) {
            List<Sample> samples = shared.sample(requests);
            List<float[]> scored = shared.tokenLogProbabilities(sequences);
            for (int i = 0; i < samples.size(); i++) {
                assertThat(samples.get(i).tokenIds())
                        .as("row %d", i)
                        .containsExactly(expected.get(i).tokenIds());
                assertThat(scored.get(i)).containsExactly(values.get(i), within(1e-4f));
            }
        }
    }

    @Test
    void theSameSeedsGiveTheSameBytes() {
        List<SampleRequest> requests = requests(16, new SamplingSettings(0.9, 20, 0.9, 1.1, 16, List.of()));
        List<Sample> first = model.sample(requests);
        List<Sample> second = model.sample(requests);
        for (int i = 0; i < requests.size(); i++) {
            assertThat(second.get(i).tokenIds()).containsExactly(first.get(i).tokenIds());
            assertThat(second.get(i).tokenLogProbabilities())
                    .containsExactly(first.get(i).tokenLogProbabilities());
        }
    }

    /** Memory that Java made and took back was once written to where a cache had grown. */
    @Test
    void longCompletionsDoNotDependOnWhenJavaTakesBackMemory() {
        int most = model.config().maxPositions() - 12;
        List<SampleRequest> requests = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            requests.add(new SampleRequest(
                    Arrays.copyOf(new int[] {5, 6, 7, 8, 9, 10, 11}, 2 + i), SamplingSettings.plain(1, most), i));
        }
        List<Sample> expected = model.sample(requests);
        Thread collector = new Thread(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                System.gc();
            }
        });
        collector.start();
        try {
            for (int round = 0; round < 3; round++) {
                List<Sample> samples = model.sample(requests);
                for (int i = 0; i < samples.size(); i++) {
                    assertThat(samples.get(i).tokenIds())
                            .as("row %d", i)
                            .containsExactly(expected.get(i).tokenIds());
                }
            }
        } finally {
            collector.interrupt();
        }
    }

    @Test
    void anotherSeedGivesAnotherSample() {
        int[] prompt = {5, 6, 7};
        List<SampleRequest> requests = new ArrayList<>();
        for (int seed = 0; seed < 8; seed++) {
            requests.add(new SampleRequest(prompt, SamplingSettings.plain(1, 12), seed));
        }
        assertThat(model.sample(requests).stream()
                        .map(s -> Arrays.toString(s.tokenIds()))
                        .distinct())
                .hasSizeGreaterThan(6);
    }

    @Test
    void logProbabilitiesAreTheModelsOwnWhateverTheFilters() {
        SamplingSettings settings = new SamplingSettings(0.7, 12, 0.8, 1.3, 18, List.of());
        List<SampleRequest> requests = requests(12, settings);
        List<Sample> samples = model.sample(requests);
        List<TokenSequence> sequences = new ArrayList<>();
        for (int i = 0; i < samples.size(); i++) {
            sequences.add(
                    new TokenSequence(requests.get(i).prompt(), samples.get(i).tokenIds()));
        }
        List<float[]> values = model.tokenLogProbabilities(sequences);
        for (int i = 0; i < samples.size(); i++) {
            assertThat(samples.get(i).tokenLogProbabilities()).containsExactly(values.get(i), within(1e-4f));
        }
    }

    @Test
    void manyFirstTokensFollowTheModelsDistribution() {
        int[] prompt = {9, 10};
        int draws = 4000;
        List<SampleRequest> requests = new ArrayList<>();
        for (int i = 0; i < draws; i++) {
            requests.add(new SampleRequest(prompt, SamplingSettings.plain(1, 1), SEED + i));
        }
        int[] counts = new int[model.config().vocabularySize()];
        model.sample(requests).forEach(sample -> counts[sample.tokenIds()[0]]++);
        double[] expected = softmax(model.nextTokenLogits(List.of(prompt))[0]);
        for (int token = 0; token < counts.length; token++) {
            double deviation = Math.sqrt(draws * expected[token] * (1 - expected[token]));
            assertThat((double) counts[token])
                    .as("token %d", token)
                    .isCloseTo(draws * expected[token], within(5 * deviation + 3));
        }
    }

    @Test
    void topKAndTopPLeaveTheTailOut() {
        int[] prompt = {9, 10};
        double[] p = softmax(model.nextTokenLogits(List.of(prompt))[0]);
        List<Integer> order = new ArrayList<>();
        for (int i = 0; i < p.length; i++) {
            order.add(i);
        }
        order.sort((a, b) -> Double.compare(p[b], p[a]));
        assertThat(firstTokens(prompt, new SamplingSettings(1, 3, 1, 1, 1, List.of())))
                .isSubsetOf(order.subList(0, 3));
        int kept = 0;
        for (double sum = 0; sum < 0.3; kept++) {
            sum += p[order.get(kept)];
        }
        assertThat(firstTokens(prompt, new SamplingSettings(1, 0, 0.3, 1, 1, List.of())))
                .containsExactlyInAnyOrderElementsOf(order.subList(0, kept));
        assertThat(firstTokens(prompt, new SamplingSettings(1, 0, 1e-9, 1, 1, List.of())))
                .containsExactly(order.get(0));
    }

    private List<Integer> firstTokens(int[] prompt, SamplingSettings settings) {
        List<SampleRequest> requests = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            requests.add(new SampleRequest(prompt, settings, i));
        }
        return model.sample(requests).stream()
                .map(sample -> sample.tokenIds()[0])
                .distinct()
                .toList();
    }

    @Test
    void aHeavyRepetitionPenaltyForbidsRepetition() {
        int[] prompt = {9, 10, 11};
        Sample sample = model.sample(
                        List.of(new SampleRequest(prompt, new SamplingSettings(0, 0, 1, 1e6, 40, List.of()), 1)))
                .get(0);
        assertThat(Arrays.stream(sample.tokenIds()).boxed().toList()).doesNotHaveDuplicates();
        assertThat(Arrays.stream(sample.tokenIds()).boxed().toList()).doesNotContain(9, 10, 11);
    }

    @Test
    void aRowEndsAtTheEndTokenWithoutDisturbingTheOthers() {
        List<SampleRequest> requests = requests(128, SamplingSettings.plain(1.5, 60));
        List<Sample> samples = model.sample(requests);
        assertThat(samples).extracting(Sample::finishReason).contains(FinishReason.STOP, FinishReason.LENGTH);
        for (Sample sample : samples) {
            int end = model.config().eosTokenIds().get(0);
            int[] tokens = sample.tokenIds();
            assertThat(Arrays.stream(tokens, 0, tokens.length - 1)).doesNotContain(end);
            if (sample.finishReason() == FinishReason.STOP) {
                assertThat(tokens[tokens.length - 1]).isEqualTo(end);
                assertThat(sample.text()).isEqualTo(model.tokenizer().decode(Arrays.copyOf(tokens, tokens.length - 1)));
            } else {
                assertThat(tokens).hasSize(60);
            }
        }
    }

    /** transformers takes the end tokens of generation_config.json; chat models have more of them there than in config.json. */
    @Test
    void theGenerationConfigurationSaysWhichTokensEndACompletion(@TempDir Path folder) throws IOException {
        SampleRequest request = new SampleRequest(new int[] {9, 10}, SamplingSettings.greedy(12), 3);
        int[] free = model.sample(List.of(request)).get(0).tokenIds();
        Path fixture = Fixture.named("tiny-llama").folder();
        for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
            Files.copy(fixture.resolve(name), folder.resolve(name));
        }
        Path file = folder.resolve(GenerationConfig.FILE_NAME);
        Files.writeString(file, "{\"eos_token_id\": [1, " + free[4] + "]}");
        try (LanguageModel chat = LanguageModel.load(folder, ModelOptions.inference())) {
            Sample sample = chat.sample(List.of(request)).get(0);
            int end = IntStream.range(0, 5)
                    .filter(i -> free[i] == free[4])
                    .findFirst()
                    .getAsInt();
            assertThat(sample.tokenIds()).containsExactly(Arrays.copyOf(free, end + 1));
            assertThat(sample.finishReason()).isEqualTo(FinishReason.STOP);
        }
        Files.writeString(file, "{\"eos_token_id\": \"</s>\"}");
        assertThatThrownBy(() -> LanguageModel.load(folder, ModelOptions.inference()))
                .hasMessageContaining("generation_config.json: eos_token_id is \"</s>\"; it must be a token id");
    }

    @Test
    void aStopStringEndsTheCompletionAndIsCutOff() {
        SampleRequest free = new SampleRequest(new int[] {9, 10}, SamplingSettings.plain(1, 30), 3);
        String text = model.sample(List.of(free)).get(0).text();
        String stop = text.substring(text.length() / 2, text.length() / 2 + 2);
        SampleRequest stopped =
                new SampleRequest(new int[] {9, 10}, new SamplingSettings(1, 0, 1, 1, 30, List.of(stop, "never")), 3);
        Sample sample = model.sample(List.of(stopped)).get(0);
        assertThat(sample.finishReason()).isEqualTo(FinishReason.STOP_STRING);
        assertThat(sample.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
    }

    @Test
    void temperatureNearItsLimitIsGreedy() {
        for (double temperature : new double[] {1e-20, 1e-30, 1e-38, 1e-45, 1e-300, Double.MIN_VALUE}) {
            for (SampleRequest request : requests(4, SamplingSettings.plain(temperature, 20))) {
                int[] prompt = request.prompt();
                Sample expected = model.sample(List.of(new SampleRequest(prompt, SamplingSettings.greedy(20), 0)))
                        .get(0);
                assertThat(model.sample(List.of(request)).get(0).tokenIds())
                        .as("temperature %s", temperature)
                        .containsExactly(expected.tokenIds());
            }
        }
        assertThatThrownBy(() -> new SamplingSettings(1, 0, 1, 1e-40, 20, List.of()))
                .hasMessage("repetitionPenalty is 1.0E-40; it must be from 1e-6 to 1e6, and is 1 for none");
    }

    @ParameterizedTest
    @ValueSource(floats = {Float.NaN, Float.POSITIVE_INFINITY})
    void weightThatIsNoNumberIsNamedWhereItsLogitsAreAskedFor(float value) {
        String name = "model.layers.0.mlp.up_proj.weight";
        List<TokenSequence> sequences = List.of(new TokenSequence(new int[] {9, 10}, new int[] {11}));
        String message = "are no numbers: " + name + " holds " + value;
        try (LanguageModel damaged =
                LanguageModel.load(Fixture.named("tiny-llama").folder(), ModelOptions.training())) {
            damaged.decoder().parameters().set(name, 7, new float[] {value});
            assertThatThrownBy(() -> damaged.sample(requests(2, SamplingSettings.plain(1, 4))))
                    .isInstanceOf(NonFiniteLogitsException.class)
                    .hasMessageContaining(message);
            assertThatThrownBy(() -> damaged.sample(requests(2, SamplingSettings.greedy(4))))
                    .isInstanceOf(NonFiniteLogitsException.class);
            assertThatThrownBy(() -> damaged.tokenLogProbabilities(sequences))
                    .isInstanceOf(NonFiniteLogitsException.class)
                    .hasMessageContaining(message);
            try (PolicyOptimizer optimizer = damaged.optimizer(new OptimizerConfig(0.9, 0.999, 1e-8, 0, 0))) {
                assertThatThrownBy(() -> optimizer.accumulate(sequences, rows -> rows))
                        .isInstanceOf(NonFiniteLogitsException.class)
                        .hasMessageContaining(message);
            }
        }
    }

    @Test
    void samplingFillsTheContextAndNoMore() {
        int context = model.config().maxPositions();
        List<SampleRequest> requests = new ArrayList<>();
        for (int length : new int[] {context - 1, context - 5, 3}) {
            int[] prompt = new int[length];
            Arrays.fill(prompt, 7);
            requests.add(new SampleRequest(prompt, SamplingSettings.plain(1, 100000), length));
        }
        for (Sample sample : model.sample(requests)) {
            assertThat(sample.tokenIds().length).isBetween(1, context - 3);
        }
        assertThat(model.sample(requests).get(0).tokenIds()).hasSize(1);
    }

    @Test
    void aPromptThatDoesNotFitIsRefused() {
        int[] full = new int[model.config().maxPositions()];
        assertThatThrownBy(() -> model.sample(List.of(new SampleRequest(full, SamplingSettings.greedy(1), 1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("128");
        assertThatThrownBy(
                        () -> model.sample(List.of(new SampleRequest(new int[] {384}, SamplingSettings.greedy(1), 1))))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("vocabulary");
        assertThatThrownBy(() -> model.sample(List.of(new SampleRequest(new int[0], SamplingSettings.greedy(1), 1))))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** Requests with prompts of 1 to 12 tokens, some of them equal. */
    private static List<SampleRequest> requests(int count, SamplingSettings settings) {
        SplittableRandom random = new SplittableRandom(SEED);
        List<SampleRequest> requests = new ArrayList<>();
        int[] prompt = {2};
        for (int i = 0; i < count; i++) {
            if (i % 3 != 1) {
                prompt = random.ints(1 + random.nextInt(12), 2, 384).toArray();
            }
            requests.add(new SampleRequest(prompt, settings, random.nextLong()));
        }
        return requests;
    }

    private static double[] softmax(float[] logits) {
        double[] p = new double[logits.length];
        double sum = 0;
        for (int i = 0; i < p.length; i++) {
            p[i] = Math.exp(logits[i]);
            sum += p[i];
        }
        for (int i = 0; i < p.length; i++) {
            p[i] /= sum;
        }
        return p;
    }
}
