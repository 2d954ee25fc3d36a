package io.counterflow.model.training;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;

/** Live views of the gradients of some weights, in their order. DJL makes a new array for each look at one, which must be closed. */
final class GradientViews implements AutoCloseable {
    private final List<NDArray> views = new ArrayList<>();

    /** Every weight must have a gradient. */
    GradientViews(List<NDArray> weights) {
        for (NDArray weight : weights) {
            views.add(JniUtils.getGradient((PtNDArray) weight));
        }
    }

    List<NDArray> all() {
        return views;
    }

    @Override
    public void close() {
        views.forEach(NDArray::close);
    }
}
