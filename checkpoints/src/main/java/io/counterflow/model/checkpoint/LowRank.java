package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

/**
 * The two factors of one adapted module, row-major.
 *
 * @param module name of the module, without {@code .weight}
 * @param rank rows of a, columns of b
 * @param inputs columns of a
 * @param outputs rows of b
 * @param a the factor that reads the input, (rank, inputs)
 * @param b the factor that writes the output, (outputs, rank)
 */
public record LowRank(String module, int rank, int inputs, int outputs, float[] a, float[] b) {
    public LowRank {
        requireNonNull(module, "module is null");
        if (a.length != (long) rank * inputs || b.length != (long) outputs * rank) {
            throw new IllegalArgumentException(
                    "%s: factors of %d and %d elements are not of rank %d, %d inputs and %d outputs"
                            .formatted(module, a.length, b.length, rank, inputs, outputs));
        }
    }

    /**
     * Adds scale · B · A to a piece of a weight, in double precision before the one rounding.
     *
     * @param at place of the piece's first element in the flattened weight, which is (outputs, inputs), or (inputs, outputs) if transposed
     */
    public void addTo(int at, float[] piece, double scale, boolean transposed) {
        int width = transposed ? outputs : inputs;
        for (int done = 0; done < piece.length; ) {
            int row = (at + done) / width;
            int first = (at + done) % width;
            int count = Math.min(width - first, piece.length - done);
            double[] sums = new double[count];
            for (int k = 0; k < rank; k++) {
                for (int i = 0; i < count; i++) {
                    int output = transposed ? first + i : row;
                    int input = transposed ? row : first + i;
                    sums[i] += scale * b[output * rank + k] * a[k * inputs + input];
                }
            }
            for (int i = 0; i < count; i++) {
                piece[done + i] = (float) (piece[done + i] + sums[i]);
            }
            done += count;
        }
    }
}
