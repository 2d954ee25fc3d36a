package io.counterflow.scorer.training;

import io.counterflow.scorer.evaluation.Probabilities;

/** {@code -ln softmax(logits)[target]}, of one input. */
public record CrossEntropy() implements ScorerLoss {

    @Override
    public double value(float[][] logits, int target) {
        return -Probabilities.logSoftmax(logits[0])[target];
    }

    @Override
    public float[][] gradient(float[][] logits, int target) {
        double[] p = Probabilities.softmax(logits[0]);
        float[] slopes = new float[p.length];
        for (int k = 0; k < p.length; k++) {
            slopes[k] = (float) (p[k] - (k == target ? 1 : 0));
        }
        return new float[][] {slopes};
    }
}
