package io.counterflow.model.bench;

import io.counterflow.model.LanguageModel;
import io.counterflow.model.LogProbabilityGradient;
import io.counterflow.model.LoraConfig;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.Sample;
import io.counterflow.model.SampleRequest;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.ToLongFunction;

/** Times one task of a random model of some shape, in this process. */
public final class ModelBenchmark {
    private static final int PROMPT = 16;
    private static final int WARM_UP = 2;
    // Clocks of the processor are as coarse as 10 ms.
    private static final long LEAST_NANOSECONDS = 1_000_000_000L;

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

    private final ModelOptions options;
    private final BenchmarkClock clock;

    /**
     * @param options where and how the model computes
     * @param clock which seconds count
     */
    public ModelBenchmark(ModelOptions options, BenchmarkClock clock) {
        this.options = options;
        this.clock = clock;
    }

    /** Measures; for a quiet machine. */
    public Measurement run(BenchmarkShape shape, BenchmarkTask task) {
        ModelConfig config = shape.shape().config(1, 2, 0);
        ResidentMemory.forgetPeak();
        try (BenchmarkFolder folder = BenchmarkFolder.create();
                LanguageModel model =
                        LanguageModel.initialise(config, folder.path(), 1, options(task, config, folder.path()))) {
            double rate;
            if (task.trains()) {
                try (PolicyOptimizer optimizer = model.optimizer(OptimizerConfig.standard())) {
                    rate = median(shape.repetitions(), seed -> train(optimizer, config, task, seed));
                }
            } else {
                rate = median(shape.repetitions(), seed -> sample(model, task, seed));
            }
            return new Measurement(
                    Measurement.engine("counterflow", options.precision(), options.gradientCheckpointing()),
                    shape.name(),
                    task.title(),
                    rate,
                    ResidentMemory.peakKilobytes().orElse(0) / 1024,
                    0);
        }
    }

    private ModelOptions options(BenchmarkTask task, ModelConfig config, Path folder) {
        if (task.rank() == 0) {
            return options;
        }
        AdapterConfig adapter = LoraConfig.ofRank(task.rank()).adapter(config, folder);
        return options.withAdapter(new ModelOptions.NewAdapter(adapter, 1));
    }

    private static long train(PolicyOptimizer optimizer, ModelConfig config, BenchmarkTask task, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<TokenSequence> batch = new ArrayList<>();
        for (int row = 0; row < task.rows(); row++) {
            int[] tokens =
                    random.ints(task.tokens(), 3, config.vocabularySize()).toArray();
            batch.add(new TokenSequence(new int[] {1}, tokens));
        }
        optimizer.accumulate(batch, LIKELIHOOD);
        optimizer.step(1e-4);
        return (long) task.rows() * task.tokens();
    }

    private static long sample(LanguageModel model, BenchmarkTask task, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<SampleRequest> requests = new ArrayList<>();
        for (int row = 0; row < task.rows(); row++) {
            int[] prompt =
                    random.ints(PROMPT, 3, model.config().vocabularySize()).toArray();
            requests.add(new SampleRequest(prompt, SamplingSettings.plain(1, task.tokens()), random.nextLong()));
        }
        long tokens = 0;
        for (Sample sample : model.sample(requests)) {
            tokens += sample.tokenIds().length;
        }
        return tokens;
    }

    /** Tokens a second; {@code work} gives the tokens it dealt with, and is done again until it took a second. */
    private double median(int repetitions, ToLongFunction<Integer> work) {
        double[] rates = new double[repetitions];
        int seed = 0;
        for (int i = -WARM_UP; i < repetitions; i++) {
            long start = clock.nanoseconds();
            long tokens = 0;
            long passed = 0;
            while (passed < LEAST_NANOSECONDS) {
                tokens += work.applyAsLong(seed++);
                passed = clock.nanoseconds() - start;
            }
            if (i >= 0) {
                rates[i] = tokens / (passed / 1e9);
            }
        }
        Arrays.sort(rates);
        return rates[repetitions / 2];
    }
}
