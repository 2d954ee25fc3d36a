package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.counterflow.model.checkpoint.ModelConfig;
import java.util.Arrays;
import java.util.List;

/**
 * Sequences padded on the right, with the tokens whose predictions are wanted: for each completion token, the one before it.
 * A sequence's last token is a target only, and is not fed. Immutable.
 */
public final class TokenBatch {
    private final int rows;
    private final int width;
    private final long[] ids;
    private final long[] chosen;
    private final long[] targets;
    private final RowLayout layout;

    private TokenBatch(int rows, int width, long[] ids, long[] chosen, long[] targets, int[] lengths) {
        this.rows = rows;
        this.width = width;
        this.ids = ids;
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
        int rows = completions.size();
        int[] lengths = completions.stream().mapToInt(c -> c.length).toArray();
        int width = 1;
        for (int row = 0; row < rows; row++) {
            int[] prompt = prompts.get(row);
            check(prompt, prompt.length + lengths[row], config);
            check(completions.get(row), prompt.length + lengths[row], config);
            if (prompt.length == 0) {
                throw new IllegalArgumentException(
                        "A prompt is empty: nothing predicts the first completion token. Put a start token there");
            }
            width = Math.max(width, prompt.length + lengths[row] - 1);
        }
        long[] ids = new long[rows * width];
        long[] chosen = new long[Arrays.stream(lengths).sum()];
        long[] targets = new long[chosen.length];
        int next = 0;
        for (int row = 0; row < rows; row++) {
            int at = row * width;
            for (int token : prompts.get(row)) {
                ids[at++] = token;
            }
            for (int i = 0; i < lengths[row]; i++) {
                int token = completions.get(row)[i];
                chosen[next] = at - 1L;
                targets[next++] = token;
                if (i < lengths[row] - 1) {
                    ids[at++] = token;
                }
            }
        }
        return new TokenBatch(rows, width, ids, chosen, targets, lengths);
    }

    /** A batch that chooses the last token of every sequence and has no targets; its values are one a label. */
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
            chosen[row] = (long) row * width + sequence.length - 1;
        }
        int[] values = new int[chosen.length];
        Arrays.fill(values, Math.max(1, config.labels()));
        return new TokenBatch(chosen.length, width, ids, chosen, new long[0], values);
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

    /** Places of the chosen tokens in the flattened ids, [N]. */
    public NDArray chosen(NDManager manager) {
        return manager.create(chosen);
    }

    /** The tokens to be predicted, [N]. */
    public NDArray targets(NDManager manager) {
        return manager.create(targets);
    }
}
