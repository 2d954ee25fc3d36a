package io.counterflow.model.sampling;

import io.counterflow.model.Sample;
import io.counterflow.model.SampleRequest;
import io.counterflow.model.SamplingSettings;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.Decoder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** Splits requests into batches and samples them. One thread at a time. */
public final class Sampler {
    // Keys and values of one batch, in bytes.
    private static final long CACHE_BYTES = 1L << 30;
    private static final int MOST_ROWS = 256;

    private final Decoder decoder;
    private final Set<Integer> endTokens;
    private final Function<int[], String> text;

    /**
     * @param endTokens tokens that end a completion
     * @param text makes tokens into text, leaving out special ones
     */
    public Sampler(Decoder decoder, Set<Integer> endTokens, Function<int[], String> text) {
        this.decoder = decoder;
        this.endTokens = Set.copyOf(endTokens);
        this.text = text;
    }

    /** Requests with the same key can share a batch: the filters work on a whole batch. */
    private record Filters(double temperature, int topK, double topP, double repetitionPenalty) {
        static Filters of(SampleRequest request) {
            SamplingSettings settings = request.settings();
            return new Filters(
                    settings.temperature(), settings.topK(), settings.topP(), settings.repetitionPenalty());
        }
    }

    /**
     * Samples one completion for each request.
     *
     * @return in the order of the requests
     * @throws IllegalArgumentException when a prompt is empty, holds a token outside the vocabulary, or leaves no room in the context
     */
    public List<Sample> sample(List<SampleRequest> requests) {
        Map<Filters, List<Row>> groups = new LinkedHashMap<>();
        List<Row> rows = new ArrayList<>();
        for (SampleRequest request : requests) {
            check(request.prompt());
            Row row = new Row(request, endTokens, decoder.config().maxPositions(), text);
            rows.add(row);
            groups.computeIfAbsent(Filters.of(request), key -> new ArrayList<>())
                    .add(row);
        }
        for (List<Row> group : groups.values()) {
            // Rows of like length together: less padding.
            group.sort(Comparator.comparingInt(row -> row.prompt().length));
            int size = batchSize(group);
            for (int at = 0; at < group.size(); at += size) {
                List<Row> batch = group.subList(at, Math.min(at + size, group.size()));
                try (SamplingBatch sampling = new SamplingBatch(decoder, batch)) {
                    sampling.run();
                }
            }
        }
        return rows.stream().map(Row::sample).toList();
    }

    private int batchSize(List<Row> group) {
        ModelConfig config = decoder.config();
        long longest = 0;
        for (Row row : group) {
            longest = Math.max(longest, row.prompt().length + (long) row.mostTokens());
        }
        long bytes = 2L * config.layers() * config.keyValueHeads() * config.headDimension() * longest * Float.BYTES;
        return (int) Math.max(1, Math.min(MOST_ROWS, CACHE_BYTES / bytes));
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
