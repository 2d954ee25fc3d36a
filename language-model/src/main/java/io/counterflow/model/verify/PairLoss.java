package io.counterflow.model.verify;

import io.counterflow.model.LogProbabilityGradient;
import java.util.List;

/**
 * Contrastive Policy Gradient of one pair (Flet-Berliac et al. 2024, arXiv:2406.19185): (ΔR − β Δh)² / 2β, with h the log-ratio
 * to the reference. Written out here so that a checkpoint is verified by the definition and not by the trainer's code.
 */
final class PairLoss implements LogProbabilityGradient {
    private final double beta;
    private final double rewardDifference;
    private final double referenceDifference;
    private double value = Double.NaN;

    /**
     * @param rewards of the two completions
     * @param reference log-probabilities of the two completions under the reference policy
     */
    PairLoss(double beta, double[] rewards, double[] reference) {
        this.beta = beta;
        rewardDifference = rewards[0] - rewards[1];
        referenceDifference = reference[0] - reference[1];
    }

    @Override
    public List<float[]> upstream(List<float[]> tokenLogProbabilities) {
        double difference = sum(tokenLogProbabilities.get(0)) - sum(tokenLogProbabilities.get(1)) - referenceDifference;
        double contrast = rewardDifference - beta * difference;
        value = contrast * contrast / (2 * beta);
        return List.of(
                filled(tokenLogProbabilities.get(0).length, -contrast),
                filled(tokenLogProbabilities.get(1).length, contrast));
    }

    /** The loss at the log-probabilities that were given last. */
    double value() {
        return value;
    }

    static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += value;
        }
        return sum;
    }

    private static float[] filled(int length, double value) {
        float[] values = new float[length];
        java.util.Arrays.fill(values, (float) value);
        return values;
    }
}
