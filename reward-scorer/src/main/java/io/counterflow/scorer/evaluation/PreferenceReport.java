package io.counterflow.scorer.evaluation;

import io.counterflow.scorer.dataset.PreferencePair;
import java.util.List;

/**
 * Scores of preferred completions against scores of the others.
 *
 * @param examples number of pairs
 * @param accuracy share of pairs whose preferred completion has the higher score; a tie is half right
 * @param loss mean of -ln σ(margin); the margin is the score of the preferred completion less that of the other
 * @param meanMargin mean of the margin
 * @param calibration of σ(|margin|)
 * @param longerWins accuracy of preferring the completion with more characters, for comparison
 */
public record PreferenceReport(
        int examples, double accuracy, double loss, double meanMargin, Calibration calibration, double longerWins)
        implements Report {

    /**
     * A judged pair.
     *
     * @param chosen score of the preferred completion
     * @param rejected score of the other
     * @param lengthDifference characters of the preferred completion less those of the other
     */
    public record Judged(double chosen, double rejected, int lengthDifference) {

        /** The scores of a pair. */
        public static Judged of(PreferencePair pair, double chosen, double rejected) {
            return new Judged(
                    chosen, rejected, pair.chosen().length() - pair.rejected().length());
        }
    }

    /**
     * Judges scores.
     *
     * @throws IllegalArgumentException when there is no pair
     */
    public static PreferenceReport of(List<Judged> pairs) {
        int n = pairs.size();
        if (n == 0) {
            throw new IllegalArgumentException("no pair has two scores");
        }
        double[] confidence = new double[n];
        boolean[] right = new boolean[n];
        double accuracy = 0;
        double longer = 0;
        double loss = 0;
        double sum = 0;
        for (int i = 0; i < n; i++) {
            Judged pair = pairs.get(i);
            double margin = pair.chosen - pair.rejected;
            accuracy += share(margin);
            longer += share(pair.lengthDifference);
            // ln(1 + e^-m) without overflow.
            loss += Math.max(-margin, 0) + Math.log1p(Math.exp(-Math.abs(margin)));
            sum += margin;
            confidence[i] = 1 / (1 + Math.exp(-Math.abs(margin)));
            right[i] = margin > 0;
        }
        return new PreferenceReport(n, accuracy / n, loss / n, sum / n, Calibration.of(confidence, right), longer / n);
    }

    private static double share(double margin) {
        return margin > 0 ? 1 : margin == 0 ? 0.5 : 0;
    }
}
