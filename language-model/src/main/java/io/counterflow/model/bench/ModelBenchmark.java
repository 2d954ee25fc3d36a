package io.counterflow.model.bench;

import io.counterflow.model.LanguageModel;
import io.counterflow.model.LogProbabilityGradient;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.Sample;
import io.counterflow.model.SampleRequest;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.training.OptimizerConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;

/** Times a random model of some shape: training steps of 8 sequences of 128 tokens, and samples of 64 tokens after 16. */
public final class ModelBenchmark {
    private static final int ROWS = 8;
    private static final int TOKENS = 128;
    private static final int PROMPT = 16;
    private static final int NEW_TOKENS = 64;
    private static final int SAMPLINGS = 3;

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

    private final ModelOptions training;
    private final ModelOptions inference;
    private final String engine;
    private final BenchmarkClock clock;
    private final Consumer<Measurement> listener;

    /**
     * @param device see {@link ModelOptions}
     * @param precision of products
     * @param workers threads that share a batch
     * @param clock which seconds count
     * @param listener takes each measurement as it is made
     */
    public ModelBenchmark(
            String device, Precision precision, int workers, BenchmarkClock clock, Consumer<Measurement> listener) {
        training = ModelOptions.training()
                .withDevice(device)
                .withPrecision(precision)
                .withWorkers(workers);
        inference = ModelOptions.inference()
                .withDevice(device)
                .withPrecision(precision)
                .withWorkers(workers);
        engine = Measurement.engine("counterflow", precision);
        this.clock = clock;
        this.listener = listener;
    }

    /** Measures one shape; for a quiet machine. */
    public void run(BenchmarkShape shape) {
        try (BenchmarkFolder folder = BenchmarkFolder.create()) {
            ModelConfig config = shape.shape().config(1, 2, 0);
            ResidentMemory.forgetPeak();
            try (LanguageModel model = LanguageModel.initialise(config, folder.path(), 1, training);
                    PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
                report(shape, Measurement.TRAIN, shape.trainingSteps(), seed -> train(optimizer, config, seed));
            }
            ResidentMemory.forgetPeak();
            try (LanguageModel model = LanguageModel.initialise(config, folder.path(), 1, inference)) {
                for (int rows : new int[] {1, 32}) {
                    report(shape, Measurement.sampling(rows), SAMPLINGS, seed -> sample(model, rows, seed));
                }
            }
        }
    }

    private static long train(PolicyOptimizer optimizer, ModelConfig config, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<TokenSequence> batch = new ArrayList<>();
        for (int row = 0; row < ROWS; row++) {
            int[] tokens = random.ints(TOKENS, 3, config.vocabularySize()).toArray();
            batch.add(new TokenSequence(new int[] {1}, tokens));
        }
        optimizer.accumulate(batch, LIKELIHOOD);
        optimizer.step(1e-4);
        return (long) ROWS * TOKENS;
    }

    private static long sample(LanguageModel model, int rows, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<SampleRequest> requests = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            int[] prompt =
                    random.ints(PROMPT, 3, model.config().vocabularySize()).toArray();
            requests.add(new SampleRequest(prompt, SamplingSettings.plain(1, NEW_TOKENS), random.nextLong()));
        }
        long tokens = 0;
        for (Sample sample : model.sample(requests)) {
            tokens += sample.tokenIds().length;
        }
        return tokens;
    }

    /** Runs twice to warm up, then times; {@code work} gives the tokens it dealt with. */
    private void report(BenchmarkShape shape, String task, int repetitions, ToLongFunction<Integer> work) {
        double[] rates = new double[repetitions];
        for (int i = -2; i < repetitions; i++) {
            long start = clock.nanoseconds();
            long tokens = work.applyAsLong(i);
            if (i >= 0) {
                rates[i] = tokens / ((clock.nanoseconds() - start) / 1e9);
            }
        }
        Arrays.sort(rates);
        listener.accept(new Measurement(
                engine,
                shape.name(),
                task,
                rates[repetitions / 2],
                ResidentMemory.peakKilobytes().orElse(0) / 1024));
    }
}
