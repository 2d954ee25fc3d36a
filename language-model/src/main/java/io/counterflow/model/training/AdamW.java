package io.counterflow.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.counterflow.model.decoder.Parameters;
import io.counterflow.model.decoder.Scratch;
import io.counterflow.model.decoder.Script;
import io.counterflow.model.safetensors.SafetensorsException;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Fused AdamW over named arrays, with a state that is ours to save. One thread at a time.
 *
 * <p>Gradients are those that libtorch accumulated on the arrays since the last step.
 */
public final class AdamW implements AutoCloseable {
    private static final String STEP = "step";

    private final OptimizerConfig config;
    private final NDManager manager;
    private final Script script;
    private final Parameters parameters;
    private final Map<String, NDArray> weights;
    private final Map<String, NDArray> first = new LinkedHashMap<>();
    private final Map<String, NDArray> second = new LinkedHashMap<>();
    private long step;

    /**
     * @param weights what is trained, by name
     * @param parameters moves values in and out of arrays
     * @param parent its device holds the state; closing it closes the optimizer
     */
    public AdamW(OptimizerConfig config, Map<String, NDArray> weights, Parameters parameters, NDManager parent) {
        this.parameters = parameters;
        this.config = config;
        this.weights = new LinkedHashMap<>(weights);
        manager = parent.newSubManager();
        script = Script.load(AdamW.class, "optimizer.py", "Optimizer", Map.of(), manager);
        weights.forEach((name, weight) -> {
            first.put(name, manager.zeros(weight.getShape()));
            second.put(name, manager.zeros(weight.getShape()));
        });
    }

    /** Steps taken. */
    public long steps() {
        return step;
    }

    /**
     * Clips, updates every weight, and zeroes the gradients. Where the norm is not finite, weights and state stay as they were.
     *
     * @return the norm of all gradients before clipping
     */
    public double step(double learningRate) {
        try (Scratch scratch = Scratch.notRecording(manager);
                GradientViews gradients = new GradientViews(List.copyOf(weights.values()))) {
            double norm = script.tensor(scratch.manager(), "norm", scratch.tensors(gradients.all()))
                    .toFloatArray()[0];
            if (Double.isFinite(norm)) {
                if (config.maxGradientNorm() > 0 && norm > config.maxGradientNorm()) {
                    script.run(
                            "scale",
                            scratch.tensors(gradients.all()),
                            scratch.number(config.maxGradientNorm() / (norm + 1e-6)));
                }
                step++;
                update(scratch, gradients, true, learningRate);
                update(scratch, gradients, false, learningRate);
            }
            script.run("zero", scratch.tensors(gradients.all()));
            return norm;
        }
    }

    /** Norm of the gradient of each weight. */
    public Map<String, Double> gradientNorms() {
        try (Scratch scratch = Scratch.notRecording(manager);
                GradientViews gradients = new GradientViews(List.copyOf(weights.values()))) {
            float[] norms = script.tensor(scratch.manager(), "norms", scratch.tensors(gradients.all()))
                    .toFloatArray();
            Map<String, Double> result = new LinkedHashMap<>();
            for (String name : weights.keySet()) {
                result.put(name, (double) norms[result.size()]);
            }
            return result;
        }
    }

    /** The accumulated gradient of one weight, row-major. */
    public float[] gradient(String name) {
        try (NDArray gradient = JniUtils.getGradient((PtNDArray) weights.get(name))) {
            return parameters.read(gradient);
        }
    }

    /** Updates the weights that decay, matrices and embeddings, or the others. */
    private void update(Scratch scratch, GradientViews gradients, boolean decays, double learningRate) {
        List<NDArray> chosen = new ArrayList<>();
        List<NDArray> slopes = new ArrayList<>();
        List<NDArray> m = new ArrayList<>();
        List<NDArray> v = new ArrayList<>();
        int place = 0;
        for (String name : weights.keySet()) {
            NDArray slope = gradients.all().get(place++);
            if (slope.getShape().dimension() > 1 == decays) {
                chosen.add(weights.get(name));
                slopes.add(slope);
                m.add(first.get(name));
                v.add(second.get(name));
            }
        }
        if (chosen.isEmpty()) {
            return;
        }
        NDArray number = scratch.manager().create((float) step);
        script.run(
                "adamw",
                scratch.tensors(chosen),
                scratch.tensors(slopes),
                scratch.tensors(m),
                scratch.tensors(v),
                scratch.tensors(chosen.stream().map(weight -> number).toList()),
                scratch.number(learningRate),
                scratch.number(config.beta1()),
                scratch.number(config.beta2()),
                scratch.number(decays ? config.weightDecay() : 0),
                scratch.number(config.epsilon()));
    }

    /** Writes both moments and the step as safetensors; the same state gives the same bytes. */
    public void save(Path file) {
        List<Tensor> tensors = new ArrayList<>();
        first.forEach((name, array) -> tensors.add(tensor("m." + name, array)));
        second.forEach((name, array) -> tensors.add(tensor("v." + name, array)));
        SafetensorsWriter.write(file, tensors, Map.of(STEP, Long.toString(step)));
    }

    private Tensor tensor(String name, NDArray array) {
        List<Long> shape = new ArrayList<>();
        for (long size : array.getShape().getShape()) {
            shape.add(size);
        }
        return Tensor.ofPieces(name, TensorType.F32, shape, pieces -> parameters.read(array, pieces));
    }

    /**
     * Takes over a state that {@link #save} wrote, bit for bit.
     *
     * @throws SafetensorsException when the file is damaged or is another model's
     */
    public void restore(Path file) {
        try (SafetensorsFile saved = SafetensorsFile.open(file)) {
            String number = saved.metadata().get(STEP);
            if (number == null
                    || !number.matches("\\d{1,18}")
                    || saved.tensors().size() != 2 * weights.size()) {
                throw new SafetensorsException(file + " is not the optimizer state of this model: it holds "
                        + saved.tensors().size() + " tensors and step " + number + ", wanted are "
                        + 2 * weights.size() + " tensors");
            }
            first.forEach((name, array) -> fill(array, saved, "m." + name));
            second.forEach((name, array) -> fill(array, saved, "v." + name));
            step = Long.parseLong(number);
        }
    }

    private void fill(NDArray array, SafetensorsFile saved, String name) {
        long elements = saved.tensor(name).elements();
        if (elements != array.size()) {
            throw new SafetensorsException("tensor " + name + " in " + saved.path() + " has " + elements
                    + " elements, the model's has " + array.size() + ": it is another model's");
        }
        saved.floats(name, (at, piece) -> parameters.fill(array, at, piece));
    }

    @Override
    public void close() {
        script.close();
        manager.close();
    }
}
