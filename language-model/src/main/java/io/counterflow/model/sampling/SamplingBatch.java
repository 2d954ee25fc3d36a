package io.counterflow.model.sampling;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.Scratch;
import io.counterflow.model.decoder.Script;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Rows that are sampled together. Prompts are padded on the left, so that all rows write the same slot of the cache in each step;
 * equal prompts are run once. Rows that are finished leave the batch.
 */
final class SamplingBatch implements AutoCloseable {
    private static final int SLOTS_AT_ONCE = 64;
    // Steps in one call of the script. Rows that a stop string ends are computed to the end of the call.
    private static final int STEPS_AT_ONCE = 8;

    private final Decoder decoder;
    private final Script script;
    private final Filters filters;
    private final Supplier<? extends RuntimeException> nonFinite;
    private List<Row> rows;
    // Owns what follows; replaced when rows leave or the cache grows.
    private NDManager owner;
    private NDArray tokens;
    private NDArray pad;
    private NDArray seen;
    private NDArray cache;
    private int slots;
    private int filled;
    private int promptWidth;

    SamplingBatch(Decoder decoder, List<Row> rows, Supplier<? extends RuntimeException> nonFinite) {
        this.decoder = decoder;
        this.nonFinite = nonFinite;
        script = decoder.script().withoutGradients();
        this.rows = List.copyOf(rows);
        filters = rows.get(0).filters();
        owner = decoder.manager().newSubManager();
    }

    /** Samples until every row is finished. */
    void run() {
        try (Scratch setup = Scratch.notRecording(decoder.manager())) {
            NDArray logits = prefill(setup);
            read(script.tensor(
                    setup.manager(),
                    "choose",
                    setup.tensor(logits),
                    setup.tensor(tokens),
                    setup.tensor(draws(1, setup).reshape(rows.size())),
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
                stretch.tensor(cache),
                null,
                stretch.tensor(ends(stretch)),
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
                    arguments[7] = step.tensor(draws(stepsAtOnce(), step));
                    arguments[9] = step.tensor(finished(step));
                    filled += read(script.tensor(step.manager(), "steps", arguments));
                }
            } while (filled < slots && unfinished() > 0 && !worthDropping());
        }
    }

    /** No more than some row still wants, the cache has slots for, and rows that are finished but still fed have context for. */
    private int stepsAtOnce() {
        int context = decoder.config().maxPositions();
        int wanted = 0;
        int most = Math.min(STEPS_AT_ONCE, slots - filled);
        for (Row row : rows) {
            wanted = Math.max(wanted, row.room(context));
            most = Math.min(most, context - row.prompt().length - (filled - promptWidth));
        }
        return Math.min(wanted, most);
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
        long[] ids = new long[Math.multiplyExact(prompts.size(), width)];
        long[] padOfPrompt = new long[prompts.size()];
        for (int i = 0; i < padOfPrompt.length; i++) {
            int[] prompt = prompts.get(i);
            int pad = width - prompt.length;
            padOfPrompt[i] = pad;
            for (int j = 0; j < prompt.length; j++) {
                ids[i * width + pad + j] = prompt[j];
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
        seen = seen();
        PtNDArray[] result = script.tensors(
                owner,
                "prefill",
                setup.tensor(setup.manager().create(ids, new Shape(prompts.size(), width))),
                setup.tensor(padded ? setup.manager().create(padOfPrompt) : decoder.none()),
                setup.tensor(decoder.cosines(slots)),
                setup.tensor(decoder.sines(slots)),
                decoder.policy().argument(),
                setup.tensor(setup.manager().create(promptOfRow)),
                setup.integer(slots));
        cache = result[1];
        return result[0];
    }

    private int mostTokens() {
        return rows.stream()
                .mapToInt(row -> row.mostTokens(decoder.config().maxPositions()))
                .max()
                .orElseThrow();
    }

    /** Which tokens occurred in each row [B, V]; none without a repetition penalty. */
    private NDArray seen() {
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

    /** The numbers that decide the next tokens, [steps, B]. */
    private NDArray draws(int steps, Scratch step) {
        double[] draws = new double[steps * rows.size()];
        for (int i = 0; i < draws.length; i++) {
            draws[i] = rows.get(i % rows.size()).draw(i / rows.size());
        }
        return step.manager().create(draws, new Shape(steps, rows.size()));
    }

    /** The tokens that end every row; none where rows differ in that. */
    private NDArray ends(Scratch stretch) {
        Set<Integer> ends = rows.get(0).endTokens();
        return ends.isEmpty() || rows.stream().anyMatch(row -> !row.endTokens().equals(ends))
                ? decoder.none()
                : stretch.manager()
                        .create(ends.stream().mapToLong(Integer::longValue).toArray());
    }

    private NDArray finished(Scratch step) {
        boolean[] finished = new boolean[rows.size()];
        for (int i = 0; i < finished.length; i++) {
            finished[i] = rows.get(i).finished();
        }
        return step.manager().create(finished);
    }

    /** Hands tokens and their log-probabilities, [steps, 2, B] or [2, B], to the rows; gives the number of steps. */
    private int read(NDArray chosen) {
        double[] values = chosen.toDoubleArray();
        int size = rows.size();
        for (int at = 0; at < values.length; at += 2 * size) {
            for (int i = 0; i < size; i++) {
                Row row = rows.get(i);
                // Where logits are no numbers, neither is the log-probability of what was taken.
                if (!row.finished() && !Double.isFinite(values[at + size + i])) {
                    throw nonFinite.get();
                }
                row.take(
                        (int) values[at + i],
                        (float) values[at + size + i],
                        decoder.config().maxPositions());
            }
        }
        return values.length / (2 * size);
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
            NDArray where = step.manager()
                    .create(places.stream().mapToLong(Long::longValue).toArray());
            replace("keep", step, step.tensor(where));
        }
        rows = kept;
    }

    private void growCache() {
        if (filled < slots) {
            return;
        }
        slots += Math.max(1, Math.min(Math.max(SLOTS_AT_ONCE, slots), mostTokens()));
        try (Scratch step = Scratch.notRecording(decoder.manager())) {
            replace("grow", step, step.integer(slots));
        }
    }

    private void replace(String method, Scratch step, IValue argument) {
        NDManager next = decoder.manager().newSubManager();
        NDArray[] replaced = script.tensors(next, method, step.tensors(List.of(tokens, pad, seen, cache)), argument);
        owner.close();
        owner = next;
        tokens = replaced[0];
        pad = replaced[1];
        seen = replaced[2];
        cache = replaced[3];
    }

    @Override
    public void close() {
        owner.close();
    }
}
