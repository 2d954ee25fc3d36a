package io.counterflow.model;

import io.counterflow.model.sampling.Row;

/**
 * A sampled completion.
 *
 * @param tokenIds what was sampled, the end-of-sequence token included
 * @param tokenLogProbabilities ln p of each token at temperature 1 without any filter: the behaviour policy's
 * @param text without special tokens, and cut before the stop string where one ended it
 */
public record Sample(int[] tokenIds, float[] tokenLogProbabilities, String text, FinishReason finishReason) {
    static Sample of(Row row) {
        FinishReason reason =
                switch (row.ending()) {
                    case END_TOKEN -> FinishReason.STOP;
                    case FULL -> FinishReason.LENGTH;
                    case STOP_STRING -> FinishReason.STOP_STRING;
                };
        return new Sample(row.tokens(), row.logProbabilities(), row.text(), reason);
    }

    /** ln p of the whole completion: the sum, in double precision. */
    public double logProbability() {
        double sum = 0;
        for (float value : tokenLogProbabilities) {
            sum += value;
        }
        return sum;
    }
}
