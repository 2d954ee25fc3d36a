package io.counterflow.model.bench;

import io.counterflow.model.checkpoint.LlamaShape;
import java.util.List;

/**
 * A model to measure.
 *
 * @param name how it is called on the command line
 * @param shape its sizes
 * @param trainingSteps steps that are timed
 */
public record BenchmarkShape(String name, LlamaShape shape, int trainingSteps) {
    /** About 1, 15 and 135 million parameters; the last is SmolLM2's shape. */
    public static final List<BenchmarkShape> ALL = List.of(
            new BenchmarkShape("1m", new LlamaShape(1024, 128, 344, 4, 4, 4, 256, true), 20),
            new BenchmarkShape("15m", new LlamaShape(32000, 288, 768, 6, 6, 6, 256, true), 8),
            new BenchmarkShape("135m", new LlamaShape(49152, 576, 1536, 30, 9, 3, 256, true), 3));

    /** @throws IllegalArgumentException when there is none of that name */
    public static BenchmarkShape named(String name) {
        return ALL.stream()
                .filter(shape -> shape.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("There is no shape '" + name + "'; there are "
                        + ALL.stream().map(BenchmarkShape::name).toList()));
    }
}
