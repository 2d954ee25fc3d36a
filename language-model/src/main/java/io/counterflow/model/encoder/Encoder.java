package io.counterflow.model.encoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.checkpoint.EncoderFamily;
import io.counterflow.model.checkpoint.TensorSpec;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.Parameters;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.decoder.Scratch;
import io.counterflow.model.decoder.Script;
import io.counterflow.model.decoder.WeightList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An encoder with a classification head and its weights, and the calls into encoder.py. Weights are set and changed by one thread;
 * forward passes may run in several.
 */
public final class Encoder implements AutoCloseable {
    // Slots of encoder.py's list of weights, in the order of EncoderConfig.tensors().
    private static final int EMBEDDINGS = 3;
    private static final int HEAD = 5;
    private static final int LAYERS = 9;

    private final EncoderConfig config;
    private final Precision precision;
    private final NDManager manager;
    private final Script script;
    private final Parameters parameters;
    private WeightList weights;

    /**
     * An encoder whose weights are not set yet.
     *
     * @param manager owns everything that the encoder makes; closed with it
     */
    public Encoder(EncoderConfig config, Precision precision, NDManager manager) {
        this.config = config;
        this.precision = precision;
        this.manager = manager;
        script = Script.load(Encoder.class, "encoder.py", "Encoder", attributes(config, precision), manager);
        parameters = new Parameters(config.tensors(), manager);
        weights = new WeightList(listed());
    }

    private static Map<String, Object> attributes(EncoderConfig config, Precision precision) {
        Map<String, Object> attributes = new LinkedHashMap<>();
        attributes.put("layers", (long) config.layers());
        attributes.put("heads", (long) config.attentionHeads());
        attributes.put("head_size", (long) (config.hiddenSize() / config.attentionHeads()));
        attributes.put("epsilon", config.normEpsilon());
        attributes.put("activation", Decoder.activationCode(config.activation()));
        attributes.put("tanh_head", config.family() != EncoderFamily.DISTILBERT);
        attributes.put("dtype", precision.code());
        return attributes;
    }

    /** The weights in encoder.py's order: embeddings, head, layers; a checkpoint has the head last. */
    private PtNDArray[] listed() {
        List<TensorSpec> tensors = config.tensors();
        PtNDArray none = (PtNDArray) manager.create(new float[0]);
        PtNDArray[] arrays = new PtNDArray[LAYERS + 16 * config.layers()];
        Arrays.fill(arrays, none);
        int next = 0;
        int embeddings = config.segments() > 0 ? EMBEDDINGS : EMBEDDINGS - 1;
        for (int slot = 0; slot < embeddings; slot++) {
            arrays[slot] = array(tensors.get(next++));
        }
        arrays[EMBEDDINGS] = array(tensors.get(next++));
        arrays[EMBEDDINGS + 1] = array(tensors.get(next++));
        for (int slot = LAYERS; slot < arrays.length; slot++) {
            arrays[slot] = array(tensors.get(next++));
        }
        for (int slot = HEAD; next < tensors.size(); slot++) {
            arrays[slot] = array(tensors.get(next++));
        }
        return arrays;
    }

    private PtNDArray array(TensorSpec spec) {
        return (PtNDArray) parameters.arrays().get(spec.name());
    }

    /** To be called once all weights are set, where they will not change: arranges them for speed. */
    public void settle() {
        rearrange("fuse");
        if (precision != Precision.FLOAT32) {
            rearrange("cast");
        }
    }

    private void rearrange(String method) {
        WeightList before = weights;
        try (Scratch step = Scratch.notRecording(manager)) {
            weights = new WeightList(script.tensors(manager, method, step.tensors(before.arrays())));
        } finally {
            before.close();
        }
    }

    public EncoderConfig config() {
        return config;
    }

    public Parameters parameters() {
        return parameters;
    }

    public WeightList weights() {
        return weights;
    }

    /** Owner of what lives as long as the encoder. */
    public NDManager manager() {
        return manager;
    }

    /** Logits [B, L] of a batch, float32. */
    public NDArray logits(WeightList weights, EncoderBatch batch, Scratch step) {
        NDManager owner = step.manager();
        return script.tensor(
                owner,
                "logits",
                step.tensor(batch.ids(owner)),
                step.tensor(batch.segments(owner)),
                step.tensor(batch.positions(owner)),
                step.tensor(batch.slots(owner)),
                step.tensor(batch.mask(owner)),
                step.tensor(batch.starts(owner)),
                step.integer(batch.width()),
                weights.argument());
    }

    /** As {@link #logits(WeightList, EncoderBatch, Scratch)}, without gradients: [sequences][labels]. */
    public List<float[]> logits(EncoderBatch batch) {
        try (Scratch step = Scratch.notRecording(manager)) {
            return batch.layout().split(logits(weights, batch, step).toFloatArray());
        }
    }

    /** What leaves the last layer for every token of a batch, [N * W]. */
    public float[] hiddenStates(EncoderBatch batch) {
        try (Scratch step = Scratch.notRecording(manager)) {
            NDManager owner = step.manager();
            return script.tensor(
                            owner,
                            "hidden",
                            step.tensor(batch.ids(owner)),
                            step.tensor(batch.segments(owner)),
                            step.tensor(batch.positions(owner)),
                            step.tensor(batch.slots(owner)),
                            step.tensor(batch.mask(owner)),
                            step.integer(batch.rows()),
                            step.integer(batch.width()),
                            weights.argument())
                    .toFloatArray();
        }
    }

    @Override
    public void close() {
        weights.close();
        parameters.close();
        script.close();
        manager.close();
    }
}
