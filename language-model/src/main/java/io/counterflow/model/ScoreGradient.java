package io.counterflow.model;

/** A loss of scores, seen from the reward model that gives them. */
@FunctionalInterface
public interface ScoreGradient {
    /**
     * @param scores one a sequence
     * @return d loss / d score of each
     */
    float[] upstream(float[] scores);
}
