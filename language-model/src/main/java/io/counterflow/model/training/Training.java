package io.counterflow.model.training;

import ai.djl.ndarray.NDArray;
import io.counterflow.model.decoder.Parameters;
import io.counterflow.model.decoder.RowLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;

/**
 * Gradients of a network's weights, accumulated over micro-batches, and steps of AdamW. One thread at a time.
 *
 * @param <P> see {@link Network}
 */
public final class Training<P> implements AutoCloseable {
    private final Network<P> network;
    private final Backpropagation<P> backpropagation;
    private final AdamW adamW;
    private int accumulated;

    /**
     * @param trained the weights that take gradients, by name
     * @param parameters moves values in and out of arrays
     * @param workers threads that share a micro-batch, the caller's among them
     */
    public Training(
            Network<P> network,
            Map<String, NDArray> trained,
            Parameters parameters,
            int workers,
            OptimizerConfig config) {
        this(network, trained, parameters, workers, List.of(), config);
    }

    /** @param replicas where parts of a micro-batch are computed on other devices; each counts as a worker; stay the caller's */
    public Training(
            Network<P> network,
            Map<String, NDArray> trained,
            Parameters parameters,
            int workers,
            List<Replica<P>> replicas,
            OptimizerConfig config) {
        this.network = network;
        backpropagation = new Backpropagation<>(network, List.copyOf(trained.values()), workers, replicas);
        adamW = new AdamW(config, trained, parameters, network.manager());
    }

    /** How many parts a micro-batch is best divided into. */
    public int workers() {
        return backpropagation.workers();
    }

    /** Contiguous parts of about equal size, at most {@code parts}, none empty. */
    public static <T> List<List<T>> divide(List<T> items, int parts, ToIntFunction<T> size) {
        long total = items.stream().mapToLong(size::applyAsInt).sum();
        List<List<T>> divided = new ArrayList<>();
        int from = 0;
        long done = 0;
        for (int i = 0; i < items.size(); i++) {
            done += size.applyAsInt(items.get(i));
            boolean last = i == items.size() - 1;
            if (last || divided.size() < parts - 1 && done * parts >= total * (divided.size() + 1)) {
                divided.add(items.subList(from, i + 1));
                from = i + 1;
            }
        }
        return divided;
    }

    /**
     * Adds the gradient of a micro-batch, divided among the workers.
     *
     * @param parts at most one a worker
     * @param seed of the step's dropout
     * @param gradient from one row of values a sequence to one row of slopes a sequence, over all parts in order;
     *     what it throws, this throws, and nothing was accumulated
     */
    public void accumulate(List<P> parts, long seed, UnaryOperator<List<float[]>> gradient) {
        // What dropout draws depends on the step's seed and on the micro-batch's place in the step.
        backpropagation.accumulate(parts, seed + accumulated * 1009L, values -> {
            List<float[]> rows = new ArrayList<>();
            for (int i = 0; i < parts.size(); i++) {
                rows.addAll(network.layout(parts.get(i)).split(values.get(i)));
            }
            List<float[]> slopes = gradient.apply(rows);
            List<float[]> upstream = new ArrayList<>();
            int from = 0;
            for (P part : parts) {
                RowLayout layout = network.layout(part);
                upstream.add(finite(layout.join(slopes.subList(from, from + layout.rows()))));
                from += layout.rows();
            }
            return upstream;
        });
        accumulated++;
    }

    private static float[] finite(float[] slopes) {
        for (float slope : slopes) {
            if (!Float.isFinite(slope)) {
                throw new IllegalArgumentException("A gradient is " + slope + "; the loss has diverged");
            }
        }
        return slopes;
    }

    /**
     * Clips, steps, and forgets the gradient; see {@link AdamW#step}.
     *
     * @throws IllegalStateException when nothing was accumulated since the last step
     */
    public double step(double learningRate) {
        gather();
        accumulated = 0;
        double[] norm = new double[1];
        backpropagation.share(() -> norm[0] = adamW.step(learningRate));
        backpropagation.spread();
        return norm[0];
    }

    private void gather() {
        if (accumulated == 0) {
            throw new IllegalStateException("Nothing was accumulated since the last step");
        }
        backpropagation.gather();
    }

    /** A seed that follows from the steps taken, and so is the same after a restore. */
    public long seedOfStep() {
        return adamW.steps() * 1_000_003;
    }

    /** Steps taken, those before a restore included. */
    public long steps() {
        return adamW.steps();
    }

    /** Norm of the accumulated gradient of every weight, by name. */
    public Map<String, Double> gradientNorms() {
        gather();
        return adamW.gradientNorms();
    }

    /** The accumulated gradient of one weight, row-major. */
    public float[] gradient(String name) {
        gather();
        return adamW.gradient(name);
    }

    /** Writes the optimizer's state; see {@link AdamW#save}. */
    public void save(Path file) {
        adamW.save(file);
    }

    /** Takes over a state; see {@link AdamW#restore}. */
    public void restore(Path file) {
        adamW.restore(file);
    }

    @Override
    public void close() {
        backpropagation.close();
        adamW.close();
    }
}
