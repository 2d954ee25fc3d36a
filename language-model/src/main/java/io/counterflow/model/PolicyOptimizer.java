package io.counterflow.model;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.Scratch;
import io.counterflow.model.decoder.TokenBatch;
import io.counterflow.model.training.AdamW;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Trains a language model: gradients of a loss of log-probabilities, accumulated over micro-batches, then one step of AdamW. Uses the
 * model it was made from, which must stay open; the same thread uses both. The same calls give the same bytes.
 */
public final class PolicyOptimizer implements AutoCloseable {
    private final Decoder decoder;
    private final AdamW adamW;
    private boolean accumulated;

    PolicyOptimizer(Decoder decoder, Map<String, NDArray> trained, OptimizerConfig config) {
        this.decoder = decoder;
        adamW = new AdamW(config, trained, decoder.parameters(), decoder.manager());
    }

    /**
     * Runs a micro-batch forward, asks for the gradient of the loss, and adds it, multiplied back through the network, to what has been
     * accumulated since the last step. Only the sum counts: how a batch is divided changes no more than rounding.
     *
     * @throws IllegalArgumentException when a sequence does not fit the model, or the gradient is not of the form of the values or not
     *     finite; nothing is accumulated then
     */
    public void accumulate(List<TokenSequence> microBatch, LogProbabilityGradient gradient) {
        TokenBatch batch = TokenSequence.batch(microBatch, decoder.config());
        if (batch.predictions() == 0) {
            return;
        }
        try (Scratch step = Scratch.recording(decoder.manager())) {
            NDArray logits = decoder.logits(batch, 0, step);
            NDArray targets = batch.targets(step.manager());
            NDArray values = decoder.logProbabilities(logits, targets, step);
            float[] logProbabilities = Arrays.copyOf(values.toFloatArray(), batch.predictions());
            float[] upstream = batch.join(gradient.upstream(batch.split(logProbabilities)));
            for (float slope : upstream) {
                if (!Float.isFinite(slope)) {
                    throw new IllegalArgumentException(
                            "The gradient of a log-probability is " + slope + "; the loss has diverged");
                }
            }
            NDArray slopes = step.manager().create(upstream);
            NDArray start = decoder.toGradient(logits, targets, values, slopes, step);
            JniUtils.backward((PtNDArray) logits, (PtNDArray) start, false, false);
            accumulated = true;
        }
    }

    /**
     * Clips the gradient by its norm, takes a step, and forgets the gradient. A gradient that is not finite changes nothing: look at what
     * is returned.
     *
     * @return the norm before clipping
     * @throws IllegalStateException when nothing was accumulated
     */
    public double step(double learningRate) {
        if (!accumulated) {
            throw new IllegalStateException("Nothing was accumulated since the last step");
        }
        accumulated = false;
        return adamW.step(learningRate);
    }

    /** Steps taken, those before a restore included. */
    public long steps() {
        return adamW.steps();
    }

    /** Norm of the accumulated gradient of every tensor, by name. */
    public Map<String, Double> gradientNorms() {
        return adamW.gradientNorms();
    }

    /** The accumulated gradient of one tensor, row-major. */
    float[] gradient(String name) {
        return adamW.gradient(name);
    }

    /** Writes the optimizer's state (not the weights) as safetensors. */
    public void save(Path file) {
        adamW.save(file);
    }

    /** Takes over a state that {@link #save} wrote, bit for bit. */
    public void restore(Path file) {
        adamW.restore(file);
    }

    @Override
    public void close() {
        adamW.close();
    }
}
