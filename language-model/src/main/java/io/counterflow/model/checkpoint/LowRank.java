package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;

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
     * Adds scale · B · A to a weight, in double precision before the one rounding.
     *
     * @param weight (outputs, inputs), or (inputs, outputs) if transposed
     */
    public void addTo(float[] weight, double scale, boolean transposed) {
        double[] row = new double[inputs];
        for (int output = 0; output < outputs; output++) {
            Arrays.fill(row, 0);
            for (int k = 0; k < rank; k++) {
                double factor = scale * b[output * rank + k];
                for (int input = 0; input < inputs; input++) {
                    row[input] += factor * a[k * inputs + input];
                }
            }
            for (int input = 0; input < inputs; input++) {
                int place = transposed ? input * outputs + output : output * inputs + input;
                weight[place] = (float) (weight[place] + row[input]);
            }
        }
    }
}
