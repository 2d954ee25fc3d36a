package io.counterflow.model;

/** A loss of logits, seen from the classifier that gives them. */
@FunctionalInterface
public interface LogitGradient {
    /**
     * @param logits [inputs][labels]
     * @return d loss / d logit, of the same shape
     */
    float[][] upstream(float[][] logits);
}
