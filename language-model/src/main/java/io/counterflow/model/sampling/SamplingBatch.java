package io.counterflow.model.sampling;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.Scratch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Rows that are sampled together. Prompts are padded on the left, so that all rows write the same slot of the cache in each step;
 * equal prompts are run once. Rows that are finished leave the batch.
 */
final class SamplingBatch implements AutoCloseable {
    private static final int SLOTS_AT_ONCE = 64;

    private final Decoder decoder;
    private final Filters filters;
    private List<Row> rows;
    // Owns what follows; replaced when rows leave or the cache grows.
    private NDManager owner;
    private NDArray tokens;
    private NDArray pad;
    private NDArray seen;
    private List<NDArray> caches;
    private int slots;
    private int filled;
    private int promptWidth;

    SamplingBatch(Decoder decoder, List<Row> rows) {
        this.decoder = decoder;
        this.rows = List.copyOf(rows);
        filters = rows.get(0).filters();
        owner = decoder.manager().newSubManager();
    }

    /** Samples until every row is finished. */
    void run() {
        try (Scratch setup = Scratch.notRecording(decoder.manager())) {
            NDArray logits = prefill(setup);
            read(decoder.script()
                    .tensor(
                            setup.manager(),
                            "choose",
                            setup.tensor(logits),
                            setup.tensor(tokens),
                            setup.tensor(draws(setup)),
                            setup.tensor(seen),
                            setup.number(filters.temperature()),
                            setup.integer(filters.topK()),
                            setup.number(filters.topP()),
                            setup.number(filters.repetitionPenalty())));
        }
        while (unfinished() > 0) {
            if (worthDropping()) {
                dropFinished();
            }
            growCache();
            stretch();
        }
    }

    /** Steps with the same rows and the same cache. */
    private void stretch() {
        try (Scratch stretch = Scratch.notRecording(decoder.manager())) {
            IValue[] arguments = {
                stretch.tensor(tokens),
                null,
                stretch.tensor(pad),
                stretch.tensor(decoder.cosines(slots)),
                stretch.tensor(decoder.sines(slots)),
                decoder.policy().argument(),
                stretch.tensors(caches),
                null,
                stretch.tensor(seen),
                stretch.number(filters.temperature()),
                stretch.integer(filters.topK()),
                stretch.number(filters.topP()),
                stretch.number(filters.repetitionPenalty())
            };
            do {
                try (Scratch step = Scratch.notRecording(stretch.manager())) {
                    arguments[1] = step.integer(filled);
                    arguments[7] = step.tensor(draws(step));
                    read(decoder.script().tensor(step.manager(), "step", arguments));
                }
                filled++;
            } while (filled < slots && !worthDropping());
        }
    }

    private NDArray prefill(Scratch setup) {
        Map<String, Integer> places = new LinkedHashMap<>();
        List<int[]> prompts = new ArrayList<>();
        long[] promptOfRow = new long[rows.size()];
        for (int i = 0; i < promptOfRow.length; i++) {
            int[] prompt = rows.get(i).prompt();
            promptOfRow[i] = places.computeIfAbsent(Arrays.toString(prompt), key -> {
                prompts.add(prompt);
                return prompts.size() - 1;
            });
        }
        int width = prompts.stream().mapToInt(p -> p.length).max().orElseThrow();
        long[] ids = new long[prompts.size() * width];
        long[] padOfPrompt = new long[prompts.size()];
        for (int i = 0; i < padOfPrompt.length; i++) {
            int[] prompt = prompts.get(i);
            padOfPrompt[i] = width - prompt.length;
            for (int j = 0; j < prompt.length; j++) {
                ids[i * width + (int) padOfPrompt[i] + j] = prompt[j];
            }
        }
        boolean padded = Arrays.stream(padOfPrompt).anyMatch(p -> p > 0);
        long[] padOfRow =
                Arrays.stream(promptOfRow).map(p -> padOfPrompt[(int) p]).toArray();
        promptWidth = width;
        filled = width;
        slots = width + Math.min(SLOTS_AT_ONCE, mostTokens());
        tokens = owner.create(new long[rows.size()]);
        pad = padded ? owner.create(padOfRow) : decoder.none();
        seen = seen(setup.manager());
        PtNDArray[] result = decoder.script()
                .tensors(
                        owner,
                        "prefill",
                        setup.tensor(setup.manager().create(ids, new Shape(prompts.size(), width))),
                        setup.tensor(padded ? setup.manager().create(padOfPrompt) : decoder.none()),
                        setup.tensor(decoder.cosines(slots)),
                        setup.tensor(decoder.sines(slots)),
                        decoder.policy().argument(),
                        setup.tensor(setup.manager().create(promptOfRow)),
                        setup.integer(slots));
        caches = List.of(result).subList(1, result.length).stream()
                .map(NDArray.class::cast)
                .toList();
        return result[0];
    }

    private int mostTokens() {
        return rows.stream()
                .mapToInt(row -> row.mostTokens(decoder.config().maxPositions()))
                .max()
                .orElseThrow();
    }

    /** Which tokens occurred in each row [B, V]; none without a repetition penalty. */
    private NDArray seen(NDManager scratch) {
        if (filters.repetitionPenalty() == 1) {
            return decoder.none();
        }
        int vocabulary = decoder.config().vocabularySize();
        boolean[] flags = new boolean[Math.multiplyExact(rows.size(), vocabulary)];
        for (int i = 0; i < rows.size(); i++) {
            for (int token : rows.get(i).prompt()) {
                flags[i * vocabulary + token] = true;
            }
        }
        return owner.create(flags, new Shape(rows.size(), vocabulary));
    }

    private NDArray draws(Scratch step) {
        return step.manager().create(rows.stream().mapToDouble(Row::draw).toArray());
    }

    /** Hands tokens and their log-probabilities, [2, B], to the rows. */
    private void read(NDArray chosen) {
        double[] values = chosen.toDoubleArray();
        for (int i = 0; i < rows.size(); i++) {
            rows.get(i)
                    .take(
                            (int) values[i],
                            (float) values[rows.size() + i],
                            decoder.config().maxPositions());
        }
    }

    private int unfinished() {
        return (int) rows.stream().filter(row -> !row.finished()).count();
    }

    /** Whether the finished rows cost more than copying the cache of the others: from a quarter of the batch on. */
    private boolean worthDropping() {
        int unfinished = unfinished();
        return unfinished < rows.size() && (4 * unfinished <= 3 * rows.size() || overflowing());
    }

    /** Whether a finished row, which is still fed, is about to leave the context. */
    private boolean overflowing() {
        int steps = filled - promptWidth;
        return rows.stream()
                .anyMatch(row -> row.finished()
                        && row.prompt().length + steps >= decoder.config().maxPositions());
    }

    private void dropFinished() {
        List<Row> kept = new ArrayList<>();
        List<Long> places = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            if (!rows.get(i).finished()) {
                kept.add(rows.get(i));
                places.add((long) i);
            }
        }
        try (Scratch step = Scratch.notRecording(decoder.manager())) {
            List<NDArray> all = new ArrayList<>(List.of(tokens, pad, seen));
            all.addAll(caches);
            NDArray where = step.manager()
                    .create(places.stream().mapToLong(Long::longValue).toArray());
            replace("keep", step, all, step.tensor(where));
        }
        rows = kept;
    }

    private void growCache() {
        if (filled < slots) {
            return;
        }
        slots += Math.max(1, Math.min(Math.max(SLOTS_AT_ONCE, slots), mostTokens()));
        try (Scratch step = Scratch.notRecording(decoder.manager())) {
            List<NDArray> all = new ArrayList<>(List.of(tokens, pad, seen));
            all.addAll(caches);
            replace("grow_caches", step, all, step.integer(slots));
        }
    }

    private void replace(String method, Scratch step, List<NDArray> all, IValue argument) {
        NDManager next = decoder.manager().newSubManager();
        List<NDArray> replaced = List.of(decoder.script().tensors(next, method, step.tensors(all), argument));
        owner.close();
        owner = next;
        tokens = replaced.get(0);
        pad = replaced.get(1);
        seen = replaced.get(2);
        caches = replaced.subList(3, replaced.size());
    }

    @Override
    public void close() {
        owner.close();
    }
}
