package io.counterflow.trainer.likelihood;

import io.counterflow.model.PolicyOptimizer;
import io.counterflow.model.TokenSequence;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** The cross-entropy of a batch, {@code -1/N sum ln p} over the N completion tokens of all its sequences, and its gradient. */
public final class LikelihoodGradient {

    private LikelihoodGradient() {}

    /**
     * Adds the gradient of a batch to what the optimizer has accumulated. Every token weighs the same, however the batch is divided.
     *
     * @param microBatch sequences that go through the model at a time
     * @param seed of an adapter's dropout
     * @return the loss in nats a token
     * @throws IllegalArgumentException where no sequence has a completion
     */
    public static double accumulate(PolicyOptimizer optimizer, List<TokenSequence> batch, int microBatch, long seed) {
        long tokens = batch.stream().mapToLong(s -> s.completion().length).sum();
        if (tokens == 0) {
            throw new IllegalArgumentException("a batch of " + batch.size() + " sequences has no token to learn");
        }
        List<TokenSequence> order = batch;
        if (batch.size() > microBatch) {
            // Like lengths together: less padding.
            order = batch.stream()
                    .sorted(Comparator.comparingInt(TokenSequence::length))
                    .toList();
        }
        double[] loss = new double[1];
        for (int from = 0; from < order.size(); from += microBatch) {
            List<TokenSequence> part = order.subList(from, Math.min(order.size(), from + microBatch));
            optimizer.accumulate(part, seed, logProbabilities -> {
                List<float[]> upstream = new ArrayList<>(logProbabilities.size());
                for (float[] row : logProbabilities) {
                    float[] gradient = new float[row.length];
                    Arrays.fill(gradient, -1f / tokens);
                    upstream.add(gradient);
                    for (float value : row) {
                        loss[0] -= value / tokens;
                    }
                }
                return upstream;
            });
        }
        return loss[0];
    }
}
