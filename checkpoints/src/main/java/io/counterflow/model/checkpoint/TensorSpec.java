package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * A tensor that a model needs.
 *
 * @param name its name in a checkpoint
 * @param shape its shape in a checkpoint; GPT-2's projections are (inputs, outputs), all others (outputs, inputs)
 * @param fill how transformers initialises it in a fresh model
 * @param deviation standard deviation of {@link Fill#NORMAL}, else 0
 */
public record TensorSpec(String name, List<Long> shape, Fill fill, double deviation) {

    /** How a fresh tensor is filled. */
    public enum Fill {
        /** Normally distributed around 0. */
        NORMAL,
        ZEROS,
        ONES
    }

    public TensorSpec {
        requireNonNull(name, "name is null");
        requireNonNull(fill, "fill is null");
        shape = List.copyOf(shape);
    }

    /** Number of elements. */
    public long elements() {
        return shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    }
}
