package io.counterflow.scorer.training;

import com.fasterxml.jackson.annotation.JsonInclude;

/**
 * What came of an epoch.
 *
 * @param epoch from 1
 * @param trainingLoss mean loss of the examples when their batch was learned, in nats
 * @param heldOutLoss mean loss of the held-out examples afterwards; null where none are held out
 * @param heldOutAccuracy share of them that came out right; null where none are held out
 * @param seconds of training and judging
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EpochSummary(int epoch, double trainingLoss, Double heldOutLoss, Double heldOutAccuracy, double seconds) {

    /** Whether this epoch's model is to be preferred; without held-out examples the later one is. */
    boolean isBetterThan(EpochSummary other) {
        if (heldOutAccuracy == null || other.heldOutAccuracy == null) {
            return epoch > other.epoch;
        }
        int byAccuracy = heldOutAccuracy.compareTo(other.heldOutAccuracy);
        return byAccuracy != 0 ? byAccuracy > 0 : heldOutLoss < other.heldOutLoss;
    }
}
