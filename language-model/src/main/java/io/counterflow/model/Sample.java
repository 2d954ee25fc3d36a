package io.counterflow.model;

/**
 * A sampled completion.
 *
 * @param tokenIds what was sampled, the end-of-sequence token included
 * @param tokenLogProbabilities ln p of each token at temperature 1 without any filter: the behaviour policy's
 * @param text without special tokens, and cut before the stop string where one ended it
 */
public record Sample(int[] tokenIds, float[] tokenLogProbabilities, String text, FinishReason finishReason) {
    /** ln p of the whole completion: the sum, in double precision. */
    public double logProbability() {
        double sum = 0;
        for (float value : tokenLogProbabilities) {
            sum += value;
        }
        return sum;
    }
}
