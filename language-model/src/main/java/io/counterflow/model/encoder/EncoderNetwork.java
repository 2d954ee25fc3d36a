package io.counterflow.model.encoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.counterflow.model.decoder.RowLayout;
import io.counterflow.model.decoder.Scratch;
import io.counterflow.model.decoder.WeightList;
import io.counterflow.model.training.Network;
import io.counterflow.model.training.Propagation;
import java.util.List;

/** An encoder as back-propagation sees it: the loss sees its logits. No dropout. */
public record EncoderNetwork(Encoder encoder) implements Network<EncoderBatch> {

    @Override
    public NDManager manager() {
        return encoder.manager();
    }

    @Override
    public WeightList weights() {
        return encoder.weights();
    }

    @Override
    public RowLayout layout(EncoderBatch part) {
        return part.layout();
    }

    @Override
    public double dropout() {
        return 0;
    }

    @Override
    public void prepare(List<EncoderBatch> parts) {
        // Forward passes share nothing that could be missing.
    }

    @Override
    public Propagation forward(WeightList weights, EncoderBatch part, long seed) {
        return new Pass(encoder, weights, part);
    }

    private static final class Pass implements Propagation {
        private final Scratch step;
        private final NDArray logits;

        Pass(Encoder encoder, WeightList weights, EncoderBatch batch) {
            step = Scratch.recording(encoder.manager());
            try {
                logits = encoder.logits(weights, batch, step);
            } catch (RuntimeException e) {
                step.close();
                throw e;
            }
        }

        @Override
        public float[] values() {
            return logits.toFloatArray();
        }

        @Override
        public void backward(float[] upstream) {
            NDArray gradient = step.manager().create(upstream, logits.getShape());
            JniUtils.backward((PtNDArray) logits, (PtNDArray) gradient, false, false);
        }

        @Override
        public void close() {
            step.close();
        }
    }
}
