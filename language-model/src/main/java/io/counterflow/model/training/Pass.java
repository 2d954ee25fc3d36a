package io.counterflow.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.Scratch;
import io.counterflow.model.decoder.TokenBatch;
import io.counterflow.model.decoder.WeightList;
import java.util.ArrayList;
import java.util.List;

/** One way through a decoder and back. */
abstract class Pass implements Propagation {
    final Decoder decoder;
    final WeightList weights;
    final TokenBatch batch;
    final Readout readout;
    final Scratch step;
    private NDArray logits;
    private NDArray read;

    private Pass(Decoder decoder, WeightList weights, TokenBatch batch, Readout readout) {
        this.decoder = decoder;
        this.weights = weights;
        this.batch = batch;
        this.readout = readout;
        step = Scratch.recording(decoder.manager());
    }

    /** Keeps every activation: fastest. */
    static Pass whole(
            Decoder decoder, WeightList weights, TokenBatch batch, Readout readout, double dropout, long seed) {
        return new Whole(decoder, weights, batch, readout, dropout, seed);
    }

    /** Keeps what enters each layer and computes the rest again on the way back: for long sequences. */
    static Pass checkpointed(
            Decoder decoder, WeightList weights, TokenBatch batch, Readout readout, double dropout, long seed) {
        return new Checkpointed(decoder, weights, batch, readout, dropout, seed);
    }

    final void head(NDArray output) {
        logits = output;
        read = readout.read(decoder, logits, batch, step);
    }

    @Override
    public final float[] values() {
        return readout.values(read, batch);
    }

    @Override
    public void backward(float[] upstream) {
        NDArray gradient = readout.gradient(decoder, logits, read, upstream, batch, step);
        JniUtils.backward((PtNDArray) logits, (PtNDArray) gradient, false, false);
    }

    @Override
    public void close() {
        step.close();
    }

    private static void seed(double dropout, long seed) {
        if (dropout > 0) {
            JniUtils.setSeed(seed);
        }
    }

    private static final class Whole extends Pass {
        Whole(Decoder decoder, WeightList weights, TokenBatch batch, Readout readout, double dropout, long seed) {
            super(decoder, weights, batch, readout);
            seed(dropout, seed);
            head(decoder.logits(weights, batch, dropout, step));
        }
    }

    private static final class Checkpointed extends Pass {
        private final double dropout;
        private final long seed;
        private final NDArray ids;
        private final NDArray places;
        // What enters each layer, and what leaves the last.
        private final List<NDArray> states = new ArrayList<>();

        Checkpointed(
                Decoder decoder, WeightList weights, TokenBatch batch, Readout readout, double dropout, long seed) {
            super(decoder, weights, batch, readout);
            this.dropout = dropout;
            this.seed = seed;
            ids = batch.ids(step.manager());
            places = batch.places(step.manager());
            JniUtils.setGradMode(false);
            states.add(embedded(step));
            for (int i = 0; i < decoder.config().layers(); i++) {
                try (Scratch layer = Scratch.notRecording(step.manager())) {
                    states.add(layer(i, states.get(i), layer, step));
                }
            }
            JniUtils.setGradMode(true);
            NDArray last = states.get(states.size() - 1);
            last.setRequiresGradient(true);
            NDArray chosen = batch.chosen(step.manager());
            head(decoder.script()
                    .tensor(step.manager(), "head_of", step.tensor(last), weights.argument(), step.tensor(chosen)));
        }

        private NDArray embedded(Scratch owner) {
            return decoder.script()
                    .tensor(owner.manager(), "embed_all", owner.tensor(ids), owner.tensor(places), weights.argument());
        }

        private NDArray layer(int index, NDArray state, Scratch arguments, Scratch owner) {
            seed(dropout, seed + index);
            return decoder.script()
                    .tensor(
                            owner.manager(),
                            "layer_at",
                            arguments.tensor(state),
                            arguments.integer(index),
                            arguments.tensor(ids),
                            arguments.tensor(places),
                            arguments.tensor(decoder.cosines(batch.width())),
                            arguments.tensor(decoder.sines(batch.width())),
                            weights.argument(),
                            arguments.number(dropout));
        }

        @Override
        public void backward(float[] upstream) {
            super.backward(upstream);
            int last = states.size() - 1;
            for (int i = last - 1; i >= 0; i--) {
                NDArray state = states.get(i);
                try (Scratch layer = Scratch.recording(step.manager());
                        NDArray gradient = JniUtils.getGradient((PtNDArray) states.get(i + 1))) {
                    state.setRequiresGradient(true);
                    NDArray output = layer(i, state, layer, layer);
                    JniUtils.backward((PtNDArray) output, (PtNDArray) gradient, false, false);
                }
                states.get(i + 1).close();
            }
            if (!weights.trainsEmbeddings()) {
                return;
            }
            try (Scratch first = Scratch.recording(step.manager());
                    NDArray gradient = JniUtils.getGradient((PtNDArray) states.get(0))) {
                NDArray embedded = embedded(first);
                JniUtils.backward((PtNDArray) embedded, (PtNDArray) gradient, false, false);
            }
        }
    }
}
