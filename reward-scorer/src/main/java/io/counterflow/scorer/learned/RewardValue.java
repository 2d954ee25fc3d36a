package io.counterflow.scorer.learned;

import io.counterflow.scorer.evaluation.Probabilities;

/** What a reward model's logits are turned into. */
public enum RewardValue {
    /** The label's logit as it is. */
    LOGIT {
        @Override
        double of(float[] logits, int label) {
            return logits[label];
        }
    },
    /** The label's probability: softmax, or with one label the sigmoid. */
    PROBABILITY {
        @Override
        double of(float[] logits, int label) {
            return logits.length == 1 ? Probabilities.sigmoid(logits[0]) : Probabilities.softmax(logits)[label];
        }
    },
    /** ln p / (1 - p): unbounded, and not flat where the model is sure. */
    LOG_ODDS {
        @Override
        double of(float[] logits, int label) {
            if (logits.length == 1) {
                return logits[0];
            }
            double[] others = new double[logits.length - 1];
            double highest = Double.NEGATIVE_INFINITY;
            for (int k = 0, at = 0; k < logits.length; k++) {
                if (k != label) {
                    others[at++] = logits[k];
                    highest = Math.max(highest, logits[k]);
                }
            }
            double sum = 0;
            for (double other : others) {
                sum += Math.exp(other - highest);
            }
            return logits[label] - highest - Math.log(sum);
        }
    };

    abstract double of(float[] logits, int label);
}
