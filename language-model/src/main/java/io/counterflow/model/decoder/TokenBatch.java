package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import java.util.Arrays;
import java.util.List;

/**
 * Sequences padded on the right, with the tokens whose predictions are wanted: for each completion token, the one before it.
 * A sequence's last token is a target only, and is not fed. Neighbours with the same prompt may share a row, see {@link PromptRow}.
 * Immutable.
 */
public final class TokenBatch {
    private final int rows;
    private final int width;
    private final long[] ids;
    private final long[] places;
    private final long[] chosen;
    private final long[] targets;
    private final RowLayout layout;

    private TokenBatch(int rows, int width, long[] ids, long[] places, long[] chosen, long[] targets, int[] lengths) {
        this.rows = rows;
        this.width = width;
        this.ids = ids;
        this.places = places;
        this.chosen = chosen;
        this.targets = targets;
        layout = new RowLayout(lengths);
    }

    /**
     * A batch that predicts every completion token.
     *
     * @param prompts one for each completion
     * @throws IllegalArgumentException when a prompt is empty, a sequence is longer than the context, or a token is outside the vocabulary
     */
    public static TokenBatch of(List<int[]> prompts, List<int[]> completions, ModelConfig config) {
        int[] lengths = completions.stream().mapToInt(c -> c.length).toArray();
        for (int i = 0; i < lengths.length; i++) {
            int[] prompt = prompts.get(i);
            check(prompt, prompt.length + lengths[i], config);
            check(completions.get(i), prompt.length + lengths[i], config);
            if (prompt.length == 0) {
                throw new IllegalArgumentException(
                        "A prompt is empty: nothing predicts the first completion token. Put a start token there");
            }
        }
        List<PromptRow> rows = PromptRow.of(prompts, completions, config.hiddenSize());
        int width = rows.stream().mapToInt(PromptRow::length).max().orElse(1);
        int size = Math.multiplyExact(rows.size(), width);
        long[] ids = new long[size];
        // First the positions, then the owners: 0 for a prompt's tokens, 1, 2 ... for those of a row's completions, -1
        // for padding.
        long[] places = new long[Math.multiplyExact(2, size)];
        Arrays.fill(places, size, 2 * size, -1);
        long[] chosen = new long[Arrays.stream(lengths).sum()];
        long[] targets = new long[chosen.length];
        int next = 0;
        for (int r = 0; r < rows.size(); r++) {
            PromptRow row = rows.get(r);
            int[] prompt = prompts.get(row.from());
            int at = r * width;
            for (int j = 0; j < prompt.length; j++) {
                places[at] = j;
                places[size + at] = 0;
                ids[at++] = prompt[j];
            }
            int lastOfPrompt = at - 1;
            for (int i = row.from(); i < row.to(); i++) {
                int[] completion = completions.get(i);
                for (int j = 0; j < completion.length; j++) {
                    chosen[next] = j == 0 ? lastOfPrompt : at - 1L;
                    targets[next++] = completion[j];
                    if (j < completion.length - 1) {
                        places[at] = prompt.length + (long) j;
                        places[size + at] = i - row.from() + 1L;
                        ids[at++] = completion[j];
                    }
                }
            }
        }
        boolean shared = rows.size() < lengths.length;
        return new TokenBatch(rows.size(), width, ids, shared ? places : new long[0], chosen, targets, lengths);
    }

    /**
     * A batch that chooses the last token of every sequence and has no targets; its values are one a label. A classifier reads its labels
     * at the last token that is not the one for padding, even where a text itself ends with that, as transformers does.
     */
    public static TokenBatch lastOf(List<int[]> sequences, ModelConfig config) {
        int width = sequences.stream().mapToInt(s -> s.length).max().orElse(0);
        long[] ids = new long[sequences.size() * width];
        long[] chosen = new long[sequences.size()];
        for (int row = 0; row < chosen.length; row++) {
            int[] sequence = sequences.get(row);
            check(sequence, sequence.length, config);
            if (sequence.length == 0) {
                throw new IllegalArgumentException("A sequence is empty");
            }
            for (int i = 0; i < sequence.length; i++) {
                ids[row * width + i] = sequence[i];
            }
            chosen[row] = (long) row * width + last(sequence, config);
        }
        int[] values = new int[chosen.length];
        Arrays.fill(values, Math.max(1, config.labels()));
        return new TokenBatch(chosen.length, width, ids, new long[0], chosen, new long[0], values);
    }

    private static int last(int[] sequence, ModelConfig config) {
        int last = sequence.length - 1;
        if (config.head() == ModelHead.SEQUENCE_CLASSIFICATION) {
            int padding = config.padTokenId().orElse(-1);
            while (last > 0 && sequence[last] == padding) {
                last--;
            }
        }
        return last;
    }

    private static void check(int[] tokens, int length, ModelConfig config) {
        if (length > config.maxPositions()) {
            throw new IllegalArgumentException(
                    "A sequence of " + length + " tokens is longer than the model's context of " + config.maxPositions()
                            + "; shorten the prompt or allow fewer new tokens");
        }
        for (int token : tokens) {
            if (token < 0 || token >= config.vocabularySize()) {
                throw new IllegalArgumentException("Token " + token + " is outside the model's vocabulary of "
                        + config.vocabularySize() + "; was the text tokenised for another model?");
            }
        }
    }

    /** Tokens of a row, padding included. */
    public int width() {
        return width;
    }

    /** Number of chosen tokens, N. */
    public int predictions() {
        return chosen.length;
    }

    /** How values, one for each prediction or one for each label, belong to the sequences. */
    public RowLayout layout() {
        return layout;
    }

    /** The tokens, padded, [rows, width]. */
    public NDArray ids(NDManager manager) {
        return manager.create(ids, new Shape(rows, width));
    }

    /**
     * Position of each token, then the completion that it belongs to, 0 for its prompt, [2, rows, width]; empty where each row is one
     * sequence.
     */
    public NDArray places(NDManager manager) {
        return places.length == 0 ? manager.create(places) : manager.create(places, new Shape(2, rows, width));
    }

    /** Places of the chosen tokens in the flattened ids, [N]. */
    public NDArray chosen(NDManager manager) {
        return manager.create(chosen);
    }

    /** The tokens to be predicted, [N]. */
    public NDArray targets(NDManager manager) {
        return manager.create(targets);
    }
}
