package io.counterflow.trainer.objective;

/**
 * Values of a group against the mean of the others.
 *
 * @param advantages {@code a_i - mean_{j != i} a_j}; they add up to 0
 * @param unbiasedVariance {@code sum_i (a_i - mean a)^2 / (k - 1)}
 */
record LeaveOneOut(double[] advantages, double unbiasedVariance) {

    static LeaveOneOut of(double[] values) {
        int k = values.length;
        double mean = 0;
        for (double value : values) {
            mean += value / k;
        }
        double squares = 0;
        double[] advantages = new double[k];
        for (int i = 0; i < k; i++) {
            double deviation = values[i] - mean;
            squares += deviation * deviation;
            advantages[i] = deviation * k / (k - 1);
        }
        return new LeaveOneOut(advantages, squares / (k - 1));
    }
}
