package io.counterflow.model.decoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** How values of several sequences lie one after another in a flat array. Immutable. */
public final class RowLayout {
    private final int[] lengths;

    /** @param lengths number of values of each sequence */
    public RowLayout(int... lengths) {
        this.lengths = lengths.clone();
    }

    /** Number of sequences. */
    public int rows() {
        return lengths.length;
    }

    /** One array for each sequence; reads only as many of {@code values} as there are. */
    public List<float[]> split(float[] values) {
        List<float[]> rows = new ArrayList<>(lengths.length);
        int at = 0;
        for (int length : lengths) {
            rows.add(Arrays.copyOfRange(values, at, at + length));
            at += length;
        }
        return rows;
    }

    /**
     * The reverse of {@link #split}.
     *
     * @throws IllegalArgumentException when the rows are not of this layout
     */
    public float[] join(List<float[]> rows) {
        if (rows.size() != lengths.length) {
            throw new IllegalArgumentException(rows.size() + " rows given for " + lengths.length + " sequences");
        }
        float[] values = new float[Arrays.stream(lengths).sum()];
        int at = 0;
        for (int row = 0; row < lengths.length; row++) {
            float[] part = rows.get(row);
            if (part.length != lengths[row]) {
                throw new IllegalArgumentException("Sequence " + row + " has " + lengths[row] + " values, but "
                        + part.length + " values were given");
            }
            System.arraycopy(part, 0, values, at, part.length);
            at += part.length;
        }
        return values;
    }
}
