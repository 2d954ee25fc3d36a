package io.counterflow.model.bench;

import io.counterflow.model.LanguageModel;
import io.counterflow.model.LogProbabilityGradient;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.SampleRequest;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.TokenSequence;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.training.OptimizerConfig;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * What a service does for weeks, over and over: training steps, log-probabilities and samples of a random model, of another length each
 * time. Whoever calls it looks at the memory. For one thread.
 */
public final class MemorySoak implements AutoCloseable {
    private static final int ROWS = 16;
    private static final int MOST_PROMPT = 20;
    private static final int MOST_COMPLETION = 40;

    private static final LogProbabilityGradient GRADIENT = rows -> rows.stream()
            .map(row -> {
                float[] slopes = new float[row.length];
                Arrays.fill(slopes, -0.001f);
                return slopes;
            })
            .toList();

    private final LanguageModel model;
    private final PolicyOptimizer optimizer;

    /** @param options where and how the model computes; must be for training */
    public MemorySoak(LlamaShape shape, ModelOptions options) {
        ModelConfig config = shape.config(1, 2, 0);
        try (BenchmarkFolder folder = BenchmarkFolder.create()) {
            model = LanguageModel.initialise(config, folder.path(), 1, options);
        }
        optimizer = model.optimizer(OptimizerConfig.standard());
    }

    /** A training step, log-probabilities of what it was trained on, and one call that samples as many completions. */
    public void round(int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        int vocabulary = model.config().vocabularySize();
        List<TokenSequence> batch = new ArrayList<>();
        List<SampleRequest> requests = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            int[] prompt =
                    random.ints(1 + random.nextInt(MOST_PROMPT), 3, vocabulary).toArray();
            int[] completion = random.ints(1 + random.nextInt(MOST_COMPLETION), 3, vocabulary)
                    .toArray();
            batch.add(new TokenSequence(prompt, completion));
            requests.add(new SampleRequest(prompt, SamplingSettings.plain(1, 1 + random.nextInt(MOST_COMPLETION)), i));
        }
        optimizer.accumulate(batch, GRADIENT);
        optimizer.step(1e-3);
        model.tokenLogProbabilities(batch);
        model.sample(requests);
    }

    @Override
    public void close() {
        optimizer.close();
        model.close();
    }
}
