package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.List;
import java.util.function.UnaryOperator;

/** Weights in the order in which a script takes them. Refers to arrays, does not own them. */
public final class WeightList implements AutoCloseable {
    private final PtNDArray[] arrays;
    private final IValue argument;

    /** @param arrays in the script's order */
    public WeightList(PtNDArray[] arrays) {
        this.arrays = arrays.clone();
        argument = IValue.listFrom(this.arrays);
    }

    /** The same list with other arrays in the place of some; {@code replacement} gives back what it does not replace. */
    public WeightList with(UnaryOperator<NDArray> replacement) {
        PtNDArray[] replaced = new PtNDArray[arrays.length];
        for (int i = 0; i < replaced.length; i++) {
            replaced[i] = (PtNDArray) replacement.apply(arrays[i]);
        }
        return new WeightList(replaced);
    }

    /** The arrays in their order. */
    public List<NDArray> arrays() {
        return List.of(arrays);
    }

    /** Whether embeddings take gradients. */
    public boolean trainsEmbeddings() {
        return JniUtils.requiresGrad(arrays[0]) || JniUtils.requiresGrad(arrays[1]);
    }

    /** As an argument of a script; closed with the list. */
    public IValue argument() {
        return argument;
    }

    @Override
    public void close() {
        argument.close();
    }
}
