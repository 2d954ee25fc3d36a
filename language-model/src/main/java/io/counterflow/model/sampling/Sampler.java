package io.counterflow.model.sampling;

import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.engine.Workers;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Divides rows into batches and samples them. One thread at a time. */
public final class Sampler {
    // Keys and values of all batches that are sampled at the same time, in bytes.
    private static final long CACHE_BYTES = 1L << 30;
    private static final int MOST_ROWS = 256;
    // Multiplications of a step from which on its operations are divided among workers that have no rows of their own.
    // Below that, as measured, they wait for each other longer than they compute.
    private static final long LEAST_DIVIDED = 1L << 23;
    // Parameters from which on rows stay together and operations are divided instead: two workers would each read every
    // weight from memory.
    private static final long LEAST_TOGETHER = 1L << 26;

    private final Decoder decoder;
    private final Workers workers;
    private final Supplier<? extends RuntimeException> nonFinite;

    /**
     * @param workers sample one batch each; stay the caller's
     * @param nonFinite what to throw where a sampled token's log-probability is no number
     */
    public Sampler(Decoder decoder, Workers workers, Supplier<? extends RuntimeException> nonFinite) {
        this.decoder = decoder;
        this.workers = workers;
        this.nonFinite = nonFinite;
    }

    /**
     * Samples until every row is finished.
     *
     * @throws IllegalArgumentException when a prompt is empty, holds a token outside the vocabulary, or leaves no room in the context
     */
    public void run(List<Row> rows) {
        Map<Filters, List<Row>> groups = new LinkedHashMap<>();
        for (Row row : rows) {
            check(row.prompt());
            groups.computeIfAbsent(row.filters(), key -> new ArrayList<>()).add(row);
        }
        List<Runnable> batches = new ArrayList<>();
        long largest = 0;
        for (List<Row> group : groups.values()) {
            // Rows of like length together: less padding.
            group.sort(Comparator.comparingInt(row -> row.prompt().length));
            int size = batchSize(group);
            for (int at = 0; at < group.size(); at += size) {
                List<Row> batch = group.subList(at, Math.min(at + size, group.size()));
                batches.add(() -> sample(batch));
                largest = Math.max(largest, batch.size());
            }
        }
        workers.run(batches, largest * decoder.config().parameters() >= LEAST_DIVIDED);
    }

    private void sample(List<Row> batch) {
        try (SamplingBatch sampling = new SamplingBatch(decoder, batch, nonFinite)) {
            sampling.run();
        }
    }

    private int batchSize(List<Row> group) {
        ModelConfig config = decoder.config();
        long longest = 0;
        for (Row row : group) {
            longest = Math.max(longest, row.prompt().length + (long) row.mostTokens(config.maxPositions()));
        }
        long bytes = 2L * config.layers() * config.keyValueHeads() * config.headDimension() * longest * Float.BYTES;
        int parts = config.parameters() < LEAST_TOGETHER ? workers.count() : 1;
        long share = (group.size() + parts - 1L) / parts;
        return (int) Math.max(1, Math.min(Math.min(MOST_ROWS, share), CACHE_BYTES / workers.count() / bytes));
    }

    private void check(int[] prompt) {
        ModelConfig config = decoder.config();
        if (prompt.length == 0) {
            throw new IllegalArgumentException("The prompt is empty; the model needs at least a start token");
        }
        if (prompt.length >= config.maxPositions()) {
            throw new IllegalArgumentException("The prompt of " + prompt.length
                    + " tokens leaves no room in the model's context of " + config.maxPositions() + "; shorten it");
        }
        for (int token : prompt) {
            if (token < 0 || token >= config.vocabularySize()) {
                throw new IllegalArgumentException("The prompt holds token " + token
                        + ", outside the model's vocabulary of " + config.vocabularySize()
                        + "; was it tokenised for another model?");
            }
        }
    }
}
