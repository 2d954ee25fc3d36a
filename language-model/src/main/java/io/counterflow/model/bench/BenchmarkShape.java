package io.counterflow.model.bench;

import io.counterflow.model.checkpoint.LlamaShape;
import java.util.List;

/**
 * A model to measure.
 *
 * @param name how it is called on the command line
 * @param shape its sizes
 * @param repetitions how often a task is timed, for a second or one time, whichever is longer
 */
public record BenchmarkShape(String name, LlamaShape shape, int repetitions) {
    /** About 1, 15 and 135 million parameters; the last is SmolLM2's shape. */
    public static final List<BenchmarkShape> ALL = List.of(
            new BenchmarkShape("1m", new LlamaShape(1024, 128, 344, 4, 4, 4, 2048, true), 5),
            new BenchmarkShape("15m", new LlamaShape(32000, 288, 768, 6, 6, 6, 2048, true), 5),
            new BenchmarkShape("135m", new LlamaShape(49152, 576, 1536, 30, 9, 3, 2048, true), 3));

    /** @throws IllegalArgumentException when there is none of that name */
    public static BenchmarkShape named(String name) {
        return ALL.stream()
                .filter(shape -> shape.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no shape '" + name + "'; there are "
                        + ALL.stream().map(BenchmarkShape::name).toList()));
    }
}
