package io.counterflow.model.encoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.decoder.RowLayout;
import java.util.Arrays;
import java.util.List;

/** Sequences one after another, without padding, and where attention spreads them to. Immutable. */
public final class EncoderBatch {
    private final int rows;
    private final int width;
    private final long[] ids;
    private final long[] segments;
    private final long[] positions;
    private final long[] slots;
    private final long[] starts;
    private final RowLayout layout;

    /**
     * @param tokens one array a sequence
     * @param segmentIds as many; left out of the computation where the model has no segments
     * @throws IllegalArgumentException when a sequence is empty or longer than the context, or a token or segment is none of the model's
     */
    public EncoderBatch(List<int[]> tokens, List<int[]> segmentIds, EncoderConfig config) {
        rows = tokens.size();
        width = tokens.stream().mapToInt(t -> t.length).max().orElse(0);
        int total = tokens.stream().mapToInt(t -> t.length).sum();
        ids = new long[total];
        segments = new long[total];
        positions = new long[total];
        slots = new long[total];
        starts = new long[rows];
        int next = 0;
        for (int row = 0; row < rows; row++) {
            int[] sequence = tokens.get(row);
            check(sequence, segmentIds.get(row), config);
            starts[row] = next;
            for (int i = 0; i < sequence.length; i++) {
                ids[next] = sequence[i];
                segments[next] = segmentIds.get(row)[i];
                positions[next] = (long) config.positionOffset() + i;
                slots[next] = (long) row * width + i;
                next++;
            }
        }
        int[] values = new int[rows];
        Arrays.fill(values, config.labels().size());
        layout = new RowLayout(values);
    }

    private static void check(int[] tokens, int[] segmentIds, EncoderConfig config) {
        if (tokens.length == 0) {
            throw new IllegalArgumentException("An input is empty");
        }
        if (tokens.length > config.context()) {
            throw new IllegalArgumentException("An input of " + tokens.length
                    + " tokens is longer than the model's context of " + config.context() + "; split it");
        }
        for (int token : tokens) {
            if (token < 0 || token >= config.vocabularySize()) {
                throw new IllegalArgumentException("Token " + token + " is outside the model's vocabulary of "
                        + config.vocabularySize() + "; was the text tokenised for another model?");
            }
        }
        for (int segment : segmentIds) {
            if (segment < 0 || config.segments() > 0 && segment >= config.segments()) {
                throw new IllegalArgumentException("Segment " + segment + " is none of the model's " + config.segments()
                        + "; was the text tokenised for another model?");
            }
        }
    }

    /** Number of sequences, B. */
    public int rows() {
        return rows;
    }

    /** Tokens of the longest sequence, T. */
    public int width() {
        return width;
    }

    /** Tokens of all sequences, N. */
    public int tokens() {
        return ids.length;
    }

    /** How logits belong to the sequences. */
    public RowLayout layout() {
        return layout;
    }

    private boolean isRectangular() {
        return ids.length == rows * width;
    }

    NDArray ids(NDManager manager) {
        return manager.create(ids);
    }

    NDArray segments(NDManager manager) {
        return manager.create(segments);
    }

    NDArray positions(NDManager manager) {
        return manager.create(positions);
    }

    /** Places of the tokens in the flattened [B * T]; none where all sequences are equally long. */
    NDArray slots(NDManager manager) {
        return manager.create(isRectangular() ? new long[0] : slots);
    }

    /** Places of the first tokens among all, [B]. */
    NDArray starts(NDManager manager) {
        return manager.create(starts);
    }

    /** Which of [B, 1, 1, T] are tokens; none where all are. */
    NDArray mask(NDManager manager) {
        if (isRectangular()) {
            return manager.create(new Shape(0), DataType.BOOLEAN);
        }
        boolean[] mask = new boolean[rows * width];
        for (long slot : slots) {
            mask[(int) slot] = true;
        }
        return manager.create(mask, new Shape(rows, 1, 1, width));
    }
}
