package io.counterflow.trainer.experiment;

/** From logits to probabilities, in arithmetic that is the same on every machine. */
final class Softmax {

    private Softmax() {}

    static double[] probabilities(double[] logits) {
        double[] probabilities = logProbabilities(logits);
        for (int y = 0; y < probabilities.length; y++) {
            probabilities[y] = StrictMath.exp(probabilities[y]);
        }
        return probabilities;
    }

    static double[] logProbabilities(double[] logits) {
        double largest = Double.NEGATIVE_INFINITY;
        for (double logit : logits) {
            largest = Math.max(largest, logit);
        }
        double sum = 0;
        for (double logit : logits) {
            sum += StrictMath.exp(logit - largest);
        }
        double partition = largest + StrictMath.log(sum);
        double[] logProbabilities = new double[logits.length];
        for (int y = 0; y < logits.length; y++) {
            logProbabilities[y] = logits[y] - partition;
        }
        return logProbabilities;
    }
}
