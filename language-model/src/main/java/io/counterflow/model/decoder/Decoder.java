package io.counterflow.model.decoder;

import static io.counterflow.model.checkpoint.Activation.GELU;
import static io.counterflow.model.checkpoint.Activation.GELU_TANH;
import static io.counterflow.model.checkpoint.Activation.RELU;
import static io.counterflow.model.checkpoint.Activation.SILU;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import io.counterflow.model.checkpoint.Activation;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelFamily;
import io.counterflow.model.checkpoint.Rope;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A transformer of some shape with its weights, and the calls into decoder.py. Several threads may compute with it while none changes
 * it; two decoders may be used by two threads, also while one trains and the other samples.
 */
public final class Decoder implements AutoCloseable {
    // Floats of logits held at once where they are only reduced: 4 MiB, about what a core's cache holds.
    private static final int LOGITS_AT_ONCE = 1 << 20;
    // With fewer rows a product with the head takes as long as reading the head does.
    private static final long LEAST_ROWS_OF_HEAD = 64;

    private final ModelConfig config;
    private final NDManager manager;
    private final Script script;
    private final Parameters parameters;
    private final PtNDArray none;
    private final Precision precision;
    private final WeightLists lists;
    private NDArray cosines;
    private NDArray sines;
    private int tableLength;

    /**
     * A decoder whose weights are not set yet.
     *
     * @param manager owns everything that the decoder makes; closed with it
     */
    public Decoder(ModelConfig config, Precision precision, NDManager manager) {
        this.config = config;
        this.precision = precision;
        this.manager = manager;
        script = Script.load(Decoder.class, "decoder.py", "Decoder", attributes(config, precision), manager);
        parameters = new Parameters(config.tensors(), manager);
        none = (PtNDArray) manager.create(new long[0]);
        NDArray epsilon = manager.create((float) config.normEpsilon());
        lists = new WeightLists(
                new ParameterLayout(config),
                parameters,
                none,
                epsilon,
                arrangement(config, precision, manager),
                manager);
    }

    private static Script arrangement(ModelConfig config, Precision precision, NDManager manager) {
        boolean transposed = config.family() == ModelFamily.GPT2;
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("layers", (long) config.layers());
        attributes.put("fused", !transposed && config.gatedFeedForward());
        attributes.put("transposed", transposed);
        attributes.put("dtype", precision.code());
        return Script.load(Decoder.class, "arrangement.py", "Arrangement", attributes, manager);
    }

    private static Map<String, Object> attributes(ModelConfig config, Precision precision) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("layers", (long) config.layers());
        attributes.put("heads", (long) config.attentionHeads());
        attributes.put("key_value_heads", (long) config.keyValueHeads());
        attributes.put("head_size", (long) config.headDimension());
        attributes.put("windows", ScriptArchive.integers(config.slidingWindows()));
        attributes.put("scales", config.attentionScales());
        attributes.put("epsilon", config.normEpsilon());
        attributes.put("rms_norm", config.family() != ModelFamily.GPT2);
        attributes.put("rotary", config.rope().isPresent());
        attributes.put("transposed", config.family() == ModelFamily.GPT2);
        attributes.put("gated", config.gatedFeedForward());
        attributes.put("activation", activationCode(config.activation()));
        attributes.put("padding", (long) config.unlearntToken());
        attributes.put("dtype", precision.code());
        return attributes;
    }

    /** The number by which the scripts know an activation. */
    public static long activationCode(Activation activation) {
        return List.of(SILU, GELU_TANH, GELU, RELU).indexOf(activation);
    }

    /** Puts an adapter on, which {@link #base()} is then without. */
    public void adapt(AdapterConfig settings, AdapterTensors tensors, boolean trainable) {
        if (adapter() != null) {
            throw new IllegalStateException("The model has an adapter already; merge it first");
        }
        lists.adapt(new AdapterWeights(settings, tensors, config, parameters, trainable, manager));
    }

    /** Puts an adapter on a settled model, in the place of the one that it has; the weights below stay where they are. */
    public void swap(AdapterConfig settings, AdapterTensors tensors) {
        lists.adapt(new AdapterWeights(settings, tensors, config, parameters, false, manager));
    }

    /** Takes the adapter off a settled model. */
    public void takeOff() {
        lists.takeOff();
    }

    /** Works the adapter into the weights and takes it off. */
    public void merge() {
        AdapterWeights adapter = adapter();
        if (adapter == null) {
            return;
        }
        AdapterConfig settings = adapter.config();
        AdapterTensors tensors = adapter.tensors();
        lists.unsettle();
        for (String name : parameters.arrays().keySet()) {
            if (tensors.changes(name)) {
                parameters.read(name, (at, piece) -> {
                    tensors.workInto(name, at, piece, settings, config);
                    parameters.set(name, at, piece);
                });
            }
        }
    }

    /** What training changes, by name: the adapter where there is one, else every weight. */
    public Map<String, NDArray> trained() {
        return adapter() == null ? parameters.arrays() : adapter().arrays();
    }

    /** The same decoder with storage of its own on some device; what is trained here takes gradients there. */
    public Decoder replica(Device device) {
        Decoder replica = new Decoder(config, precision, TorchEngine.newManager(device));
        try {
            parameters
                    .arrays()
                    .keySet()
                    .forEach(name -> parameters.read(name, (at, piece) -> replica.parameters.set(name, at, piece)));
            replica.parameters.trainable(adapter() == null);
            if (adapter() != null) {
                replica.adapt(adapter().config(), adapter().tensors(), true);
            }
            return replica;
        } catch (RuntimeException e) {
            replica.close();
            throw e;
        }
    }

    /** The adapter, or null. */
    public AdapterWeights adapter() {
        return lists.adapter();
    }

    /**
     * To be called once all weights are set, where they will not change: arranges them for speed. {@link #parameters()} then gives views
     * of what was arranged, of the same values.
     */
    public void settle() {
        lists.settle();
    }

    public ModelConfig config() {
        return config;
    }

    public Parameters parameters() {
        return parameters;
    }

    public Script script() {
        return script;
    }

    /** Owner of what lives as long as the decoder. */
    public NDManager manager() {
        return manager;
    }

    /** Random weights; see {@link Parameters#initialise}. */
    public void initialise(long seed) {
        parameters.initialise(seed);
    }

    /** The weights, with the adapter where there is one. */
    public WeightList policy() {
        return lists.policy();
    }

    /** The weights without the adapter. */
    public WeightList base() {
        return lists.base();
    }

    /** An empty tensor, decoder.py's way of saying "none". */
    public NDArray none() {
        return none;
    }

    /** How many rows of logits to reduce at a time. */
    public long block() {
        return Math.max(1, LOGITS_AT_ONCE / config.vocabularySize());
    }

    /** Cosines of the rotary positions 0 .. at least {@code length} - 1, or none. */
    public synchronized NDArray cosines(int length) {
        extendTables(length);
        return cosines;
    }

    /** Sines likewise. */
    public synchronized NDArray sines(int length) {
        extendTables(length);
        return sines;
    }

    /** Shorter tables live on, as long as the decoder: another worker may be using them. */
    private void extendTables(int length) {
        if (length <= tableLength) {
            return;
        }
        if (config.rope().isEmpty()) {
            cosines = none;
            sines = none;
            tableLength = config.maxPositions();
            return;
        }
        int longer = Math.max(256, Integer.highestOneBit(length - 1) * 2);
        Rope rope = config.rope().get();
        Shape size = new Shape(longer, config.headDimension());
        cosines = manager.create(RotaryTable.cosines(rope, config.headDimension(), longer), size);
        sines = manager.create(RotaryTable.signedSines(rope, config.headDimension(), longer), size);
        tableLength = longer;
    }

    /** Logits [N, V] of the batch's chosen tokens. */
    public NDArray logits(WeightList weights, TokenBatch batch, double dropout, Scratch step) {
        return script.tensor(
                step.manager(),
                "logits",
                step.tensor(batch.ids(step.manager())),
                step.tensor(batch.places(step.manager())),
                step.tensor(cosines(batch.width())),
                step.tensor(sines(batch.width())),
                weights.argument(),
                step.tensor(batch.chosen(step.manager())),
                step.number(dropout));
    }

    /** ln p of each target, then the logarithm of each normaliser: [2, N]. */
    public NDArray logProbabilities(NDArray logits, NDArray targets, Scratch step) {
        return script.tensor(
                step.manager(), "log_probabilities", step.tensor(logits), step.tensor(targets), step.integer(block()));
    }

    /**
     * Turns logits into the gradient of the loss with respect to them, in their place.
     *
     * @param values what {@link #logProbabilities} gave
     * @param upstream [N], d loss / d ln p(target)
     */
    public NDArray toGradient(NDArray logits, NDArray targets, NDArray values, NDArray upstream, Scratch step) {
        return script.tensor(
                step.manager(),
                "to_gradient",
                step.tensor(logits),
                step.tensor(targets),
                step.tensor(values),
                step.tensor(upstream),
                step.integer(block()));
    }

    /** ln p of each of the batch's targets; never holds more logits than those of some 64 tokens, or a million. */
    public float[] targetLogProbabilities(WeightList weights, TokenBatch batch) {
        if (batch.predictions() == 0) {
            return new float[0];
        }
        try (Scratch step = Scratch.notRecording(manager)) {
            return script.withoutGradients()
                    .tensor(
                            step.manager(),
                            "target_log_probabilities",
                            step.tensor(batch.ids(step.manager())),
                            step.tensor(batch.places(step.manager())),
                            step.tensor(cosines(batch.width())),
                            step.tensor(sines(batch.width())),
                            weights.argument(),
                            step.tensor(batch.chosen(step.manager())),
                            step.tensor(batch.targets(step.manager())),
                            step.integer(Math.max(LEAST_ROWS_OF_HEAD, block())),
                            step.integer(block()))
                    .toFloatArray();
        }
    }

    /** Logits of the last token of each sequence. */
    public float[][] lastLogits(List<int[]> sequences) {
        TokenBatch batch = TokenBatch.lastOf(sequences, config);
        try (Scratch step = Scratch.notRecording(manager)) {
            return rows(script.withoutGradients()
                    .tensor(
                            step.manager(),
                            "readable_logits",
                            step.tensor(batch.ids(step.manager())),
                            step.tensor(cosines(batch.width())),
                            step.tensor(sines(batch.width())),
                            policy().argument(),
                            step.tensor(batch.chosen(step.manager()))));
        }
    }

    private static float[][] rows(NDArray matrix) {
        int rows = Math.toIntExact(matrix.getShape().get(0));
        float[] flat = matrix.toFloatArray();
        float[][] result = new float[rows][];
        Arrays.setAll(
                result, row -> Arrays.copyOfRange(flat, row * (flat.length / rows), (row + 1) * (flat.length / rows)));
        return result;
    }

    @Override
    public void close() {
        lists.close();
        parameters.close();
        script.close();
        manager.close();
    }
}
