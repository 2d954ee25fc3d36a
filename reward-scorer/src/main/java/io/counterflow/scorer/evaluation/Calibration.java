package io.counterflow.scorer.evaluation;

import java.util.ArrayList;
import java.util.List;

/**
 * Whether predictions made with confidence p are right in p of the cases: the reliability table and the expected calibration error of Guo et
 * al. 2017, "On Calibration of Modern Neural Networks", equations 2 and 3.
 *
 * @param bins of equal width, from low confidence to high, empty ones left out
 * @param expectedError mean of |accuracy - confidence| over bins, weighted by their size
 */
public record Calibration(List<Bin> bins, double expectedError) {

    private static final int BINS = 10;

    /**
     * Predictions of like confidence.
     *
     * @param from lowest confidence
     * @param to confidence where the next begins
     * @param size predictions
     * @param confidence their mean confidence
     * @param accuracy share of them that is right
     */
    public record Bin(double from, double to, int size, double confidence, double accuracy) {}

    /** Copies the bins. */
    public Calibration {
        bins = List.copyOf(bins);
    }

    /**
     * Puts predictions into ten bins.
     *
     * @param confidence of each prediction, from 0 to 1
     * @param right whether each was
     */
    static Calibration of(double[] confidence, boolean[] right) {
        int[] size = new int[BINS];
        double[] sum = new double[BINS];
        int[] hits = new int[BINS];
        for (int i = 0; i < confidence.length; i++) {
            int bin = Math.min(BINS - 1, (int) (confidence[i] * BINS));
            size[bin]++;
            sum[bin] += confidence[i];
            hits[bin] += right[i] ? 1 : 0;
        }
        List<Bin> bins = new ArrayList<>();
        double error = 0;
        for (int b = 0; b < BINS; b++) {
            if (size[b] > 0) {
                bins.add(new Bin(
                        (double) b / BINS, (b + 1.0) / BINS, size[b], sum[b] / size[b], (double) hits[b] / size[b]));
                error += Math.abs(hits[b] - sum[b]) / confidence.length;
            }
        }
        return new Calibration(bins, error);
    }
}
