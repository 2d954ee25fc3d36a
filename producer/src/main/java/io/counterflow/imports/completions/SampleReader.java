package io.counterflow.imports.completions;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.imports.completions.SampleColumns.Column;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.IntStream;

/** Reads how the completions of a line were sampled; every array must be as long as it says. Without state. */
final class SampleReader {

    private SampleReader() {}

    /** Of completion {@code i} of so many. */
    static ImportedSample read(SampleColumns columns, int i, int completions) throws BadLineException {
        int[] prompt = ImportedSample.UNKNOWN.promptTokenIds();
        int[] ids = ImportedSample.UNKNOWN.tokenIds();
        float[] terms = ImportedSample.UNKNOWN.logProbabilities();
        boolean[] mask = ImportedSample.UNKNOWN.mask();
        if (columns.isExact()) {
            Optional<Column> own = columns.column(SampleField.PROMPT_TOKEN_IDS);
            if (own.isPresent()) {
                prompt = ids(own.get(), columns.array(own.get(), i, completions));
            }
            Column tokens = columns.column(
                            columns.wholeSequences() ? SampleField.SEQUENCE_TOKEN_IDS : SampleField.TOKEN_IDS)
                    .orElseThrow();
            ids = ids(tokens, columns.array(tokens, i, completions));
            if (ids.length == 0) {
                throw new BadLineException("'" + tokens.name() + "' has no token");
            }
            int before = prompt.length;
            mask = mask(columns, i, completions, before, ids.length);
            terms = terms(columns, i, completions, before, ids.length, mask);
            boolean[] real = real(columns, i, completions, before, ids.length);
            if (before > 0) {
                prompt = kept(prompt, Arrays.copyOf(real, before));
            }
            boolean[] behind = Arrays.copyOfRange(real, before, real.length);
            terms = terms.length == 0 ? terms : kept(terms, behind);
            mask = kept(mask, behind);
            ids = kept(ids, behind);
            if (columns.wholeSequences()) {
                int begin = 0;
                while (begin < mask.length && !mask[begin]) {
                    begin++;
                }
                prompt = Arrays.copyOf(ids, begin);
                ids = Arrays.copyOfRange(ids, begin, ids.length);
                terms = terms.length == 0 ? terms : Arrays.copyOfRange(terms, begin, terms.length);
                mask = Arrays.copyOfRange(mask, begin, mask.length);
            }
            int written = count(mask);
            if (written == 0) {
                throw new BadLineException("the policy wrote none of the completion's tokens, as the mask has it");
            }
            mask = written == mask.length ? new boolean[0] : mask;
        }
        return new ImportedSample(
                prompt,
                ids,
                terms,
                mask,
                SampleSettings.policyVersion(columns, i, completions),
                SampleSettings.policySha256(columns, i, completions),
                SampleSettings.finishReason(columns, i, completions),
                SampleSettings.of(columns, i, completions));
    }

    private static int[] ids(Column column, JsonNode array) throws BadLineException {
        int[] ids = new int[array.size()];
        for (int t = 0; t < ids.length; t++) {
            JsonNode id = array.get(t);
            if (!id.isInt() || id.intValue() < 0) {
                throw new BadLineException("'%s' holds %s at place %d, which is no token id"
                        .formatted(column.name(), JsonLinesFile.abbreviated(id), t));
            }
            ids[t] = id.intValue();
        }
        return ids;
    }

    /** Which of the tokens the policy wrote, as all masks have it. */
    private static boolean[] mask(SampleColumns columns, int i, int completions, int before, int tokens)
            throws BadLineException {
        boolean[] mask = new boolean[tokens];
        Arrays.fill(mask, true);
        for (Column column : columns.all(SampleField.MASK)) {
            JsonNode array = columns.array(column, i, completions);
            int from = place(column, array, before, tokens);
            for (int t = 0; t < tokens; t++) {
                mask[t] &= isSet(column, array.get(from + t), from + t);
            }
        }
        Optional<Column> ranges = columns.column(SampleField.RANGES);
        if (ranges.isPresent()) {
            boolean[] inside = new boolean[tokens];
            JsonNode value = ranges.get().value();
            boolean each = value.path(0).path(0).isArray();
            for (JsonNode range : each ? value.path(i) : value) {
                int from = range.path(0).asInt(-1);
                int to = range.path(1).asInt(-1);
                int shift = columns.wholeSequences() ? 0 : before;
                if (!range.isArray() || from < shift || to < from || to > shift + tokens) {
                    throw new BadLineException("'%s' holds %s, which is no range of the %d tokens"
                            .formatted(ranges.get().name(), JsonLinesFile.abbreviated(range), tokens));
                }
                Arrays.fill(inside, from - shift, to - shift, true);
            }
            for (int t = 0; t < tokens; t++) {
                mask[t] &= inside[t];
            }
        }
        return mask;
    }

    /** Where the completion's values begin in an array that is of them, or of prompt and completion. */
    private static int place(Column column, JsonNode array, int before, int tokens) throws BadLineException {
        if (array.size() == tokens) {
            return 0;
        }
        if (before > 0 && array.size() == before + tokens) {
            return before;
        }
        throw new BadLineException("'%s' has %d values for %d tokens".formatted(column.name(), array.size(), tokens));
    }

    private static boolean isSet(Column column, JsonNode value, int place) throws BadLineException {
        if (value.isBoolean()) {
            return value.booleanValue();
        }
        if (value.isNumber() && (value.doubleValue() == 0 || value.doubleValue() == 1)) {
            return value.doubleValue() == 1;
        }
        throw new BadLineException("'%s' holds %s at place %d, which is neither 0 nor 1"
                .formatted(column.name(), JsonLinesFile.abbreviated(value), place));
    }

    private static float[] terms(SampleColumns columns, int i, int completions, int before, int tokens, boolean[] mask)
            throws BadLineException {
        Optional<Column> column = columns.column(SampleField.LOG_PROBABILITIES);
        if (column.isEmpty()) {
            return new float[0];
        }
        JsonNode array = columns.array(column.get(), i, completions);
        // A sequence's first token has no probability, and some leave it out.
        int shift = columns.wholeSequences() && array.size() == tokens - 1 ? -1 : 0;
        int from = shift < 0 ? 0 : place(column.get(), array, before, tokens);
        float[] terms = new float[tokens];
        for (int t = 0; t < tokens; t++) {
            if (mask[t]) {
                int at = from + t + shift;
                terms[t] = term(column.get(), at < 0 ? null : array.get(at), at);
            }
        }
        return terms;
    }

    private static float term(Column column, JsonNode given, int place) throws BadLineException {
        // vLLM's answers have, for each token, an array of the most probable ones; of one token it is itself.
        JsonNode value = given != null && given.isArray() && given.size() == 1 ? given.get(0) : given;
        if (value == null || !value.isNumber()) {
            throw new BadLineException("'%s' holds %s at place %d, which is no log-probability"
                    .formatted(column.name(), value == null ? "nothing" : JsonLinesFile.abbreviated(value), place));
        }
        double term = value.doubleValue();
        if (!(term <= 0) || !Float.isFinite((float) term)) {
            throw new BadLineException("'%s' holds %s at place %d; a log-probability is finite and not above 0"
                    .formatted(column.name(), JsonLinesFile.abbreviated(value), place));
        }
        return (float) term;
    }

    /** Which of prompt's and completion's tokens are no padding. */
    private static boolean[] real(SampleColumns columns, int i, int completions, int before, int tokens)
            throws BadLineException {
        boolean[] real = new boolean[before + tokens];
        Arrays.fill(real, true);
        Optional<JsonNode> length = columns.single(SampleField.SEQUENCE_LENGTH, i, completions);
        if (length.isPresent() && columns.wholeSequences()) {
            JsonNode value = length.get();
            if (!value.isInt() || value.intValue() < 1 || value.intValue() > tokens) {
                throw new BadLineException("the length %s is none of a sequence of %d tokens"
                        .formatted(JsonLinesFile.abbreviated(value), tokens));
            }
            Arrays.fill(real, value.intValue(), tokens, false);
        }
        Optional<Column> attention = columns.column(SampleField.ATTENTION_MASK);
        if (attention.isPresent()) {
            JsonNode array = columns.array(attention.get(), i, completions);
            int from = array.size() == tokens ? before : 0;
            if (array.size() != tokens && array.size() != before + tokens) {
                throw new BadLineException("'%s' has %d values for %d tokens"
                        .formatted(attention.get().name(), array.size(), tokens));
            }
            for (int t = 0; t < array.size(); t++) {
                real[from + t] &= isSet(attention.get(), array.get(t), t);
            }
        }
        return real;
    }

    private static int count(boolean[] mask) {
        return (int) IntStream.range(0, mask.length).filter(t -> mask[t]).count();
    }

    private static int[] kept(int[] values, boolean[] keep) {
        return IntStream.range(0, values.length)
                .filter(t -> keep[t])
                .map(t -> values[t])
                .toArray();
    }

    private static float[] kept(float[] values, boolean[] keep) {
        float[] kept = new float[count(keep)];
        int next = 0;
        for (int t = 0; t < values.length; t++) {
            if (keep[t]) {
                kept[next++] = values[t];
            }
        }
        return kept;
    }

    private static boolean[] kept(boolean[] values, boolean[] keep) {
        boolean[] kept = new boolean[count(keep)];
        int next = 0;
        for (int t = 0; t < values.length; t++) {
            if (keep[t]) {
                kept[next++] = values[t];
            }
        }
        return kept;
    }
}
