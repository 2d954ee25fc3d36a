package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.LowRank;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.TensorSpec;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/**
 * A LoRA adapter (Hu et al., arXiv:2106.09685) as arrays beside the decoder's own: factors A and B of each adapted projection, and
 * tensors that stand in for the base's.
 */
public final class AdapterWeights implements AutoCloseable {
    private final AdapterConfig config;
    private final Parameters parameters;
    private final NDManager manager;
    private final Map<String, LowRank> shapes = new LinkedHashMap<>();
    private final Map<String, NDArray> arrays = new LinkedHashMap<>();
    private final Map<String, NDArray> scales = new LinkedHashMap<>();
    private final Map<String, NDArray> replacements = new LinkedHashMap<>();

    /** @throws CheckpointException when a module that is no projection of the layers has factors */
    AdapterWeights(
            AdapterConfig config,
            AdapterTensors tensors,
            ModelConfig base,
            Parameters parameters,
            boolean trainable,
            NDManager owner) {
        Set<String> projections = new ParameterLayout(base).projections().keySet();
        tensors.factors().keySet().stream()
                .filter(module -> !projections.contains(module))
                .findFirst()
                .ifPresent(module -> {
                    throw new CheckpointException(
                            ("module %s has factors of an adapter, which are computed for projections of the layers"
                                            + " alone; 'counterflow model merge' works them into the base")
                                    .formatted(module));
                });
        this.config = config;
        this.parameters = parameters;
        manager = owner.newSubManager();
        tensors.factors().forEach((module, factors) -> {
            shapes.put(module, factors);
            put(a(module), factors.a(), new Shape(factors.rank(), factors.inputs()));
            put(b(module), factors.b(), new Shape(factors.outputs(), factors.rank()));
            scales.put(module, manager.create((float) config.scale(module, factors.rank())));
        });
        Map<String, TensorSpec> specs = base.tensors().stream().collect(Collectors.toMap(TensorSpec::name, s -> s));
        tensors.replacements().forEach((name, values) -> {
            put(name, values, Parameters.shape(specs.get(name)));
            replacements.put(name, arrays.get(name));
        });
        arrays.values().forEach(array -> array.setRequiresGradient(trainable));
    }

    private void put(String name, float[] values, Shape shape) {
        NDArray array = manager.zeros(shape);
        parameters.fill(array, values);
        arrays.put(name, array);
    }

    private static String a(String module) {
        return module + ".lora_A.weight";
    }

    private static String b(String module) {
        return module + ".lora_B.weight";
    }

    /**
     * Factors that change nothing yet, as PEFT starts them: B zero, A uniform within 1 / sqrt(inputs).
     *
     * @throws IllegalArgumentException when the configuration names no projection of the model
     */
    public static AdapterTensors fresh(AdapterConfig config, ModelConfig base, long seed) {
        Map<String, LowRank> factors = new LinkedHashMap<>();
        adapted(config, base).forEach((module, spec) -> {
            boolean transposed = AdapterTensors.isTransposed(base, spec.name());
            int inputs = Math.toIntExact(spec.shape().get(transposed ? 0 : 1));
            int outputs = Math.toIntExact(spec.shape().get(transposed ? 1 : 0));
            SplittableRandom random = new SplittableRandom(seed * 0x9E3779B97F4A7C15L + module.hashCode());
            float[] a = new float[config.rank() * inputs];
            for (int i = 0; i < a.length; i++) {
                a[i] = (float) ((2 * random.nextDouble() - 1) / Math.sqrt(inputs));
            }
            factors.put(
                    module, new LowRank(module, config.rank(), inputs, outputs, a, new float[outputs * config.rank()]));
        });
        if (factors.isEmpty()) {
            throw new IllegalArgumentException(
                    "The adapter's target modules name no projection of the model; it has " + moduleNames(base));
        }
        return new AdapterTensors(factors, Map.of());
    }

    /** The weights that a new adapter is put on, by module. */
    private static Map<String, TensorSpec> adapted(AdapterConfig config, ModelConfig base) {
        Map<String, TensorSpec> specs = base.tensors().stream().collect(Collectors.toMap(TensorSpec::name, s -> s));
        Map<String, TensorSpec> adapted = new LinkedHashMap<>();
        for (String module : new ParameterLayout(base).projections().keySet()) {
            if (config.targets().include(module)) {
                adapted.put(module, specs.get(module + ".weight"));
            }
        }
        return adapted;
    }

    /** The last parts of the names of the modules that an adapter can be put on, such as {@code q_proj}. */
    public static List<String> moduleNames(ModelConfig base) {
        return new ParameterLayout(base)
                .projections().keySet().stream()
                        .map(name -> name.substring(name.lastIndexOf('.') + 1))
                        .distinct()
                        .toList();
    }

    /** How many parameters a new adapter has. */
    public static long parameters(AdapterConfig config, ModelConfig base) {
        return adapted(config, base).values().stream()
                .mapToLong(spec ->
                        config.rank() * (spec.shape().get(0) + spec.shape().get(1)))
                .sum();
    }

    public AdapterConfig config() {
        return config;
    }

    /** The live arrays by name: what is trained. */
    public Map<String, NDArray> arrays() {
        return Collections.unmodifiableMap(arrays);
    }

    /** A, B and scale of a module, or null where it is not adapted. */
    NDArray[] of(String module) {
        return shapes.containsKey(module)
                ? new NDArray[] {arrays.get(a(module)), arrays.get(b(module)), scales.get(module)}
                : null;
    }

    /** What stands in for the base's tensor of that name, or null. */
    NDArray replacement(String name) {
        return replacements.get(name);
    }

    /** The adapter's present values, for saving and merging. */
    public AdapterTensors tensors() {
        Map<String, LowRank> factors = new LinkedHashMap<>();
        shapes.forEach((module, shape) -> factors.put(
                module,
                new LowRank(
                        module,
                        shape.rank(),
                        shape.inputs(),
                        shape.outputs(),
                        parameters.read(arrays.get(a(module))),
                        parameters.read(arrays.get(b(module))))));
        Map<String, float[]> replaced = new LinkedHashMap<>();
        replacements.forEach((name, array) -> replaced.put(name, parameters.read(array)));
        return new AdapterTensors(factors, replaced);
    }

    @Override
    public void close() {
        manager.close();
    }
}
