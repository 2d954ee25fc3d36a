package io.counterflow.model;

import ai.djl.ndarray.NDArray;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.TokenBatch;
import io.counterflow.model.training.AdamW;
import io.counterflow.model.training.Backpropagation;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.model.training.Readout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import java.util.function.UnaryOperator;

/** Gradients and steps of a decoder, whatever the loss sees of it. */
final class Training implements AutoCloseable {
    private final Decoder decoder;
    private final Backpropagation backpropagation;
    private final AdamW adamW;
    private int accumulated;

    Training(
            Decoder decoder,
            Map<String, NDArray> trained,
            ModelOptions options,
            OptimizerConfig config,
            Readout readout) {
        this.decoder = decoder;
        backpropagation = new Backpropagation(
                decoder, List.copyOf(trained.values()), options.workers(), options.gradientCheckpointing(), readout);
        adamW = new AdamW(config, trained, decoder.parameters(), decoder.manager());
    }

    ModelConfig config() {
        return decoder.config();
    }

    int workers() {
        return backpropagation.workers();
    }

    /** Contiguous parts of about equal size, at most {@code parts}, none empty. */
    static <T> List<List<T>> divide(List<T> items, int parts, ToIntFunction<T> size) {
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

    /** @param gradient from one row of values a sequence to one row of slopes a sequence, over all parts in order */
    void accumulate(List<TokenBatch> parts, UnaryOperator<List<float[]>> gradient) {
        // The same after a restore: what dropout draws depends on the step and on the micro-batch's place in it.
        long seed = adamW.steps() * 1_000_003 + accumulated * 1009L;
        backpropagation.accumulate(parts, seed, values -> {
            List<float[]> rows = new ArrayList<>();
            for (int i = 0; i < parts.size(); i++) {
                rows.addAll(parts.get(i).split(values.get(i)));
            }
            List<float[]> slopes = gradient.apply(rows);
            List<float[]> upstream = new ArrayList<>();
            int from = 0;
            for (TokenBatch part : parts) {
                upstream.add(finite(part.join(slopes.subList(from, from + part.rows()))));
                from += part.rows();
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

    double step(double learningRate) {
        gather();
        accumulated = 0;
        return adamW.step(learningRate);
    }

    private void gather() {
        if (accumulated == 0) {
            throw new IllegalStateException("Nothing was accumulated since the last step");
        }
        backpropagation.gather();
    }

    long steps() {
        return adamW.steps();
    }

    Map<String, Double> gradientNorms() {
        gather();
        return adamW.gradientNorms();
    }

    float[] gradient(String name) {
        gather();
        return adamW.gradient(name);
    }

    void save(Path file) {
        adamW.save(file);
    }

    void restore(Path file) {
        adamW.restore(file);
    }

    @Override
    public void close() {
        backpropagation.close();
        adamW.close();
    }
}
