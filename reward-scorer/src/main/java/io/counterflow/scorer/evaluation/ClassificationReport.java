package io.counterflow.scorer.evaluation;

import java.util.Arrays;
import java.util.List;

/**
 * Predicted classes against true ones.
 *
 * @param labels names of the classes
 * @param examples number of predictions
 * @param accuracy share of predictions whose likeliest class is the true one
 * @param loss mean of -ln p(true class)
 * @param brier mean over examples of the sum over classes of (p - [class is true])² (Brier 1950), from 0 to 2
 * @param calibration of the likeliest class's probability
 * @param confusion [true class][predicted class], counts
 */
public record ClassificationReport(
        List<String> labels,
        int examples,
        double accuracy,
        double loss,
        double brier,
        Calibration calibration,
        List<List<Integer>> confusion)
        implements Report {

    private static final double LEAST = 1e-12;

    /** Copies the lists. */
    public ClassificationReport {
        labels = List.copyOf(labels);
        confusion = confusion.stream().map(List::copyOf).toList();
    }

    /**
     * Judges logits.
     *
     * @param logits of each example; the first row counts
     */
    public static ClassificationReport ofLogits(List<String> labels, List<float[][]> logits, List<Integer> truth) {
        return of(
                labels,
                logits.stream().map(rows -> Probabilities.softmax(rows[0])).toList(),
                truth);
    }

    /**
     * Judges predictions.
     *
     * @param labels names of the classes
     * @param probabilities [examples][classes], each row summing to 1
     * @param truth the true class of each example
     * @throws IllegalArgumentException when there is none, or the numbers do not fit
     */
    public static ClassificationReport of(List<String> labels, List<double[]> probabilities, List<Integer> truth) {
        int n = probabilities.size();
        if (n == 0 || truth.size() != n) {
            throw new IllegalArgumentException(n + " predictions for " + truth.size() + " examples");
        }
        int[][] confusion = new int[labels.size()][labels.size()];
        double[] confidence = new double[n];
        boolean[] right = new boolean[n];
        double loss = 0;
        double brier = 0;
        for (int i = 0; i < n; i++) {
            double[] p = probabilities.get(i);
            int expected = truth.get(i);
            int predicted = 0;
            for (int k = 0; k < p.length; k++) {
                predicted = p[k] > p[predicted] ? k : predicted;
                double miss = p[k] - (k == expected ? 1 : 0);
                brier += miss * miss / n;
            }
            loss -= Math.log(Math.max(p[expected], LEAST)) / n;
            confusion[expected][predicted]++;
            confidence[i] = p[predicted];
            right[i] = predicted == expected;
        }
        int hits = 0;
        for (int k = 0; k < confusion.length; k++) {
            hits += confusion[k][k];
        }
        List<List<Integer>> table = Arrays.stream(confusion)
                .map(row -> Arrays.stream(row).boxed().toList())
                .toList();
        return new ClassificationReport(
                labels, n, (double) hits / n, loss, brier, Calibration.of(confidence, right), table);
    }
}
