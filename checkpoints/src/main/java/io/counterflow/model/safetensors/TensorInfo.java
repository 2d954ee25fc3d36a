package io.counterflow.model.safetensors;

import static java.util.Objects.requireNonNull;

import java.util.List;

/**
 * What a safetensors header says of one tensor.
 *
 * @param name name of the tensor, unique in its file
 * @param type type of the elements
 * @param shape sizes from the slowest dimension to the fastest; empty for a single number
 */
public record TensorInfo(String name, TensorType type, List<Long> shape) {
    public TensorInfo {
        requireNonNull(name, "name is null");
        requireNonNull(type, "type is null");
        shape = List.copyOf(shape);
        try {
            long elements = 1;
            for (long size : shape) {
                if (size < 0) {
                    throw new SafetensorsException(
                            "tensor %s has a negative size in its shape %s".formatted(name, shape));
                }
                elements = Math.multiplyExact(elements, size);
            }
            Math.multiplyExact(elements, (long) type.bytes());
        } catch (ArithmeticException e) {
            throw new SafetensorsException("tensor %s has a shape too large to exist: %s".formatted(name, shape), e);
        }
    }

    /** Number of elements. */
    public long elements() {
        return shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b);
    }

    /** Length of the tensor in the file, in bytes. */
    public long bytes() {
        return elements() * type.bytes();
    }
}
