package io.counterflow.scorer.evaluation;

/** Probabilities out of logits, in double precision. */
public final class Probabilities {

    private Probabilities() {}

    /** {@code e^l / Σ e^l}. */
    public static double[] softmax(float[] logits) {
        double[] p = logSoftmax(logits);
        for (int k = 0; k < p.length; k++) {
            p[k] = Math.exp(p[k]);
        }
        return p;
    }

    /** {@code l - ln Σ e^l}. */
    public static double[] logSoftmax(float[] logits) {
        double highest = Double.NEGATIVE_INFINITY;
        for (float logit : logits) {
            highest = Math.max(highest, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - highest);
        }
        double[] log = new double[logits.length];
        for (int k = 0; k < log.length; k++) {
            log[k] = logits[k] - highest - Math.log(sum);
        }
        return log;
    }

    /** {@code 1 / (1 + e^-l)}. */
    public static double sigmoid(double logit) {
        return logit >= 0 ? 1 / (1 + Math.exp(-logit)) : Math.exp(logit) / (1 + Math.exp(logit));
    }
}
