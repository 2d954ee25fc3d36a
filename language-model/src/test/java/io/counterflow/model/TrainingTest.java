package io.counterflow.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.assertj.core.api.Assertions.withinPercentage;

import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingTest {
    private static final long SEED = 7;

    /** Maximises likelihood: d loss / d ln p = -1 / number of tokens. */
    private static final LogProbabilityGradient LIKELIHOOD = rows -> {
        int tokens = rows.stream().mapToInt(row -> row.length).sum();
        return rows.stream()
                .map(row -> {
                    float[] slopes = new float[row.length];
                    Arrays.fill(slopes, -1f / tokens);
                    return slopes;
                })
                .toList();
    };

    /** The same as a sum, so that a batch can be divided. */
    private static final LogProbabilityGradient SUM = rows -> rows.stream()
            .map(row -> {
                float[] slopes = new float[row.length];
                Arrays.fill(slopes, -0.01f);
                return slopes;
            })
            .toList();

    private static LanguageModel model(String name) {
        return LanguageModel.load(Fixture.named(name).folder(), ModelOptions.training());
    }

    private static List<TokenSequence> sequences(int count, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<TokenSequence> sequences = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            sequences.add(new TokenSequence(
                    random.ints(1 + random.nextInt(6), 2, 384).toArray(),
                    random.ints(random.nextInt(12), 2, 384).toArray()));
        }
        return sequences;
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-qwen2", "tiny-gpt2"})
    void gradientsAreThoseOfFiniteDifferences(String name) {
        List<TokenSequence> batch = sequences(4, SEED);
        SplittableRandom random = new SplittableRandom(SEED);
        try (LanguageModel model = model(name);
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            optimizer.accumulate(batch, SUM);
            // Along a direction in all weights at once: the change of the loss is gradient times direction.
            for (String tensor : model.decoder().parameters().arrays().keySet()) {
                float[] weights = model.decoder().parameters().get(tensor);
                float[] gradient = optimizer.gradient(tensor);
                float[] direction = new float[weights.length];
                double slope = 0;
                for (int i = 0; i < direction.length; i++) {
                    direction[i] = random.nextBoolean() ? 1e-3f : -1e-3f;
                    slope += (double) direction[i] * gradient[i];
                }
                double difference = loss(model, batch, tensor, weights, direction, 1)
                        - loss(model, batch, tensor, weights, direction, -1);
                model.decoder().parameters().set(tensor, weights);
                assertThat(difference / 2)
                        .as("%s, seed %d", tensor, SEED)
                        .isCloseTo(slope, within(2e-5 + 0.01 * Math.abs(slope)));
            }
        }
    }

    private static double loss(
            LanguageModel model,
            List<TokenSequence> batch,
            String tensor,
            float[] weights,
            float[] direction,
            int sign) {
        float[] moved = weights.clone();
        for (int i = 0; i < moved.length; i++) {
            moved[i] += sign * direction[i];
        }
        model.decoder().parameters().set(tensor, moved);
        double loss = 0;
        for (float[] row : model.tokenLogProbabilities(batch)) {
            for (float value : row) {
                loss -= 0.01 * value;
            }
        }
        return loss;
    }

    @Test
    void trainingIsTheSameToTheByteTwice() {
        assertThat(trained(5)).isEqualTo(trained(5));
    }

    private static String trained(int steps) {
        return trained(steps, ModelOptions.training());
    }

    private static String trained(int steps, ModelOptions options) {
        try (LanguageModel model =
                        LanguageModel.load(Fixture.named("tiny-llama").folder(), options);
                PolicyOptimizer optimizer =
                        model.optimizer(OptimizerConfig.standard().withWeightDecay(0.1))) {
            for (int i = 0; i < steps; i++) {
                optimizer.accumulate(sequences(8, i), LIKELIHOOD);
                optimizer.step(1e-2);
            }
            return model.weightsSha256();
        }
    }

    @Test
    void lossFallsWithTraining() {
        List<TokenSequence> batch = sequences(8, SEED);
        try (LanguageModel model = model("tiny-qwen2");
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            double before = sum(model.tokenLogProbabilities(batch));
            for (int i = 0; i < 20; i++) {
                optimizer.accumulate(batch, LIKELIHOOD);
                optimizer.step(1e-2);
            }
            assertThat(sum(model.tokenLogProbabilities(batch))).isGreaterThan(before / 4);
        }
    }

    @Test
    void theSizeOfAMicroBatchDoesNotMatter() {
        List<TokenSequence> batch = sequences(12, SEED);
        double[][] norms = new double[3][];
        int[] sizes = {12, 5, 1};
        for (int i = 0; i < sizes.length; i++) {
            try (LanguageModel model = model("tiny-llama");
                    PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
                for (int from = 0; from < batch.size(); from += sizes[i]) {
                    optimizer.accumulate(batch.subList(from, Math.min(from + sizes[i], batch.size())), SUM);
                }
                norms[i] = optimizer.gradientNorms().values().stream()
                        .mapToDouble(Double::doubleValue)
                        .toArray();
            }
        }
        for (int tensor = 0; tensor < norms[0].length; tensor++) {
            assertThat(norms[1][tensor]).isCloseTo(norms[0][tensor], within(1e-5 * (1 + norms[0][tensor])));
            assertThat(norms[2][tensor]).isCloseTo(norms[0][tensor], within(1e-5 * (1 + norms[0][tensor])));
        }
    }

    @Test
    void aRestoredOptimizerGoesOnToTheSameBytes(@TempDir Path folder) throws Exception {
        String whole = trained(6);
        try (LanguageModel model = model("tiny-llama");
                PolicyOptimizer optimizer =
                        model.optimizer(OptimizerConfig.standard().withWeightDecay(0.1))) {
            for (int i = 0; i < 3; i++) {
                optimizer.accumulate(sequences(8, i), LIKELIHOOD);
                optimizer.step(1e-2);
            }
            model.save(folder);
            optimizer.save(folder.resolve("optimizer.safetensors"));
        }
        try (LanguageModel model = LanguageModel.load(folder, ModelOptions.training());
                PolicyOptimizer optimizer =
                        model.optimizer(OptimizerConfig.standard().withWeightDecay(0.1))) {
            optimizer.restore(folder.resolve("optimizer.safetensors"));
            assertThat(optimizer.steps()).isEqualTo(3);
            Path again = folder.resolve("again.safetensors");
            optimizer.save(again);
            assertThat(Files.readAllBytes(again))
                    .isEqualTo(Files.readAllBytes(folder.resolve("optimizer.safetensors")));
            for (int i = 3; i < 6; i++) {
                optimizer.accumulate(sequences(8, i), LIKELIHOOD);
                optimizer.step(1e-2);
            }
            assertThat(model.weightsSha256()).isEqualTo(whole);
        }
    }

    @Test
    void clippingLimitsTheStepAndDecayLeavesNormsAlone() {
        List<TokenSequence> batch = sequences(8, SEED);
        try (LanguageModel model = model("tiny-llama");
                PolicyOptimizer optimizer = model.optimizer(
                        OptimizerConfig.standard().withWeightDecay(0.5).withMaxGradientNorm(1e-12))) {
            float[] norm = model.decoder().parameters().get("model.norm.weight");
            float[] matrix = model.decoder().parameters().get("model.layers.0.mlp.up_proj.weight");
            optimizer.accumulate(batch, LIKELIHOOD);
            assertThat(optimizer.step(1e-2)).isGreaterThan(1e-3);
            float[] decayed = model.decoder().parameters().get("model.layers.0.mlp.up_proj.weight");
            for (int i = 0; i < matrix.length; i++) {
                assertThat(decayed[i]).isCloseTo(matrix[i] * (1 - 1e-2f * 0.5f), within(2e-5f));
            }
            assertThat(model.decoder().parameters().get("model.norm.weight")).containsExactly(norm, within(2e-5f));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama", "tiny-gpt2"})
    void checkpointingGivesTheSameGradients(String name) {
        Map<String, Double> plain = norms(name, ModelOptions.training());
        assertSame(norms(name, ModelOptions.training().withGradientCheckpointing(true)), plain);
        assertSame(
                norms(
                        name,
                        ModelOptions.training().withGradientCheckpointing(true).withWorkers(2)),
                plain);
    }

    @Test
    void severalWorkersGiveTheGradientsOfOneAndTheSameBytesTwice() {
        Map<String, Double> one = norms("tiny-llama", ModelOptions.training());
        assertSame(norms("tiny-llama", ModelOptions.training().withWorkers(3)), one);
        assertThat(trained(4, ModelOptions.training().withWorkers(3)))
                .isEqualTo(trained(4, ModelOptions.training().withWorkers(3)));
    }

    @Test
    void severalDevicesGiveTheGradientsOfOneAndStayAlike() {
        // Several times the CPU, each with weights of its own: what several GPUs do.
        ModelOptions three = ModelOptions.training().withDevice("cpu,cpu,cpu");
        assertSame(norms("tiny-llama", three), norms("tiny-llama", ModelOptions.training()));
        assertThat(trained(4, three)).isEqualTo(trained(4, three));
        // Replicas whose weights were not written over would have gone their own ways.
        assertThat(trained(4, three))
                .isEqualTo(trained(4, ModelOptions.training().withWorkers(3)));
    }

    @Test
    void anAdapterIsTrainedOnSeveralDevices() {
        ModelConfig base = ModelConfig.read(Fixture.named("tiny-llama").folder());
        AdapterConfig lora = AdapterConfig.of(base, 4, 8, 0, List.of("q_proj", "v_proj"), "tiny-llama");
        ModelOptions one = ModelOptions.training().withAdapter(new ModelOptions.NewAdapter(lora, 3));
        assertThat(trained(4, one.withDevice("cpu,cpu"))).isEqualTo(trained(4, one.withWorkers(2)));
    }

    @Test
    void whatALossThrowsReachesTheCallerFromSeveralWorkersToo() {
        try (LanguageModel model = LanguageModel.load(
                        Fixture.named("tiny-llama").folder(),
                        ModelOptions.training().withWorkers(2));
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            assertThatThrownBy(() -> optimizer.accumulate(sequences(6, SEED), rows -> {
                        throw new UnsupportedOperationException("no loss today");
                    }))
                    .hasMessageContaining("no loss today");
            optimizer.accumulate(sequences(6, SEED), SUM);
            assertThat(optimizer.step(1e-3)).isPositive();
        }
    }

    @Test
    void bfloat16TrainsLikeFloat32UpToItsRounding() {
        ModelOptions half = ModelOptions.training().withPrecision(Precision.BFLOAT16);
        Map<String, Double> exact = norms("tiny-llama", ModelOptions.training());
        norms("tiny-llama", half)
                .forEach((name, norm) ->
                        assertThat(norm).as(name).isCloseTo(exact.get(name), within(0.02 + 0.1 * exact.get(name))));
        assertThat(trained(3, half)).isEqualTo(trained(3, half));
        List<TokenSequence> batch = sequences(5, SEED);
        Path folder = Fixture.named("tiny-llama").folder();
        try (LanguageModel rounded =
                        LanguageModel.load(folder, ModelOptions.inference().withPrecision(Precision.BFLOAT16));
                LanguageModel whole = LanguageModel.load(folder, ModelOptions.inference())) {
            assertThat(rounded.weightsSha256()).isEqualTo(whole.weightsSha256());
            assertThat(sum(rounded.tokenLogProbabilities(batch)))
                    .isCloseTo(sum(whole.tokenLogProbabilities(batch)), withinPercentage(2));
            Sample sample = rounded.sample(List.of(new SampleRequest(new int[] {3}, SamplingSettings.plain(1, 12), 5)))
                    .get(0);
            float[] values = rounded.tokenLogProbabilities(List.of(new TokenSequence(new int[] {3}, sample.tokenIds())))
                    .get(0);
            assertThat(sample.tokenLogProbabilities()).containsExactly(values, within(0.3f));
        }
    }

    private static Map<String, Double> norms(String name, ModelOptions options) {
        try (LanguageModel model = LanguageModel.load(Fixture.named(name).folder(), options);
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            optimizer.accumulate(sequences(9, SEED), SUM);
            return optimizer.gradientNorms();
        }
    }

    private static void assertSame(Map<String, Double> norms, Map<String, Double> expected) {
        assertThat(norms).hasSameSizeAs(expected);
        norms.forEach((name, norm) ->
                assertThat(norm).as(name).isCloseTo(expected.get(name), within(1e-5 * (1 + expected.get(name)))));
    }

    @Test
    void aGradientThatIsNotFiniteIsRefused() {
        try (LanguageModel model = model("tiny-llama");
                PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
            String before = model.weightsSha256();
            assertThatThrownBy(() -> optimizer.accumulate(
                            List.of(new TokenSequence(new int[] {3}, new int[] {4})),
                            rows -> List.of(new float[] {Float.NaN})))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("NaN");
            assertThatThrownBy(() -> optimizer.accumulate(
                            List.of(new TokenSequence(new int[] {3}, new int[] {4})), rows -> List.of(new float[2])))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> optimizer.step(1)).isInstanceOf(IllegalStateException.class);
            assertThat(model.weightsSha256()).isEqualTo(before);
        }
    }

    @Test
    void oneThreadSamplesWhileAnotherTrains() throws InterruptedException, ExecutionException {
        String expected = trained(12);
        List<SampleRequest> requests = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            requests.add(new SampleRequest(new int[] {3, 4}, SamplingSettings.plain(1, 20), i));
        }
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try (LanguageModel sampled = model("tiny-qwen2")) {
            List<int[]> alone =
                    sampled.sample(requests).stream().map(Sample::tokenIds).toList();
            Future<String> training = threads.submit(() -> trained(12));
            Future<Integer> sampling = threads.submit(() -> {
                int rounds = 0;
                while (!training.isDone() || rounds < 3) {
                    List<Sample> samples = sampled.sample(requests);
                    for (int i = 0; i < alone.size(); i++) {
                        assertThat(samples.get(i).tokenIds()).containsExactly(alone.get(i));
                    }
                    rounds++;
                }
                return rounds;
            });
            assertThat(training.get()).isEqualTo(expected);
            assertThat(sampling.get()).isPositive();
        } finally {
            threads.shutdownNow();
        }
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
