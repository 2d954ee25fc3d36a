package io.counterflow.model;

import java.util.Arrays;
import java.util.List;

/** A loss of logits, seen from the classifier that gives them. */
@FunctionalInterface
public interface LogitGradient {
    /**
     * @param logits [inputs][labels]
     * @return d loss / d logit, of the same shape
     */
    float[][] upstream(float[][] logits);

    /**
     * {@link #upstream} of rows, checked.
     *
     * @throws IllegalArgumentException when the gradient has another shape than the logits
     */
    default List<float[]> slopes(List<float[]> logits) {
        float[][] slopes = upstream(logits.toArray(float[][]::new));
        int labels = logits.get(0).length;
        if (slopes.length != logits.size() || Arrays.stream(slopes).anyMatch(row -> row.length != labels)) {
            throw new IllegalArgumentException("The gradient is not of %d inputs and %d labels, as the logits are"
                    .formatted(logits.size(), labels));
        }
        return List.of(slopes);
    }
}
