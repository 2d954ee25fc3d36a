package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;

/**
 * Native memory of one step: the arrays that its manager owns and the arguments made by it are gone when it closes. It also decides
 * whether this thread's operations record what a backward pass needs. For one thread.
 *
 * <p>libtorch keeps the latter per thread, and a new thread starts with recording on. DJL's own GradientCollector is one for the
 * whole JVM, so that a thread that trains would disturb one that samples.
 */
public final class Scratch implements AutoCloseable {
    private final NDManager manager;
    private final boolean before;
    private final List<IValue> arguments = new ArrayList<>();

    private Scratch(NDManager parent, boolean recording) {
        manager = parent.newSubManager();
        before = JniUtils.isGradMode();
        JniUtils.setGradMode(recording);
        // Also per thread. The optimizing executor recompiles for every new shape and breaks mixed-precision gradients.
        JniUtils.setGraphExecutorOptimize(false);
    }

    /** Records operations for a backward pass. */
    public static Scratch recording(NDManager parent) {
        return new Scratch(parent, true);
    }

    public static Scratch notRecording(NDManager parent) {
        return new Scratch(parent, false);
    }

    /** Owner of the step's arrays. */
    public NDManager manager() {
        return manager;
    }

    /** A tensor as an argument of a script. */
    public IValue tensor(NDArray array) {
        return argument(IValue.from((PtNDArray) array));
    }

    /** A list of tensors as an argument. */
    public IValue tensors(List<? extends NDArray> arrays) {
        return argument(IValue.listFrom(arrays.toArray(PtNDArray[]::new)));
    }

    /** An integer as an argument. */
    public IValue integer(long value) {
        return argument(IValue.from(value));
    }

    /** A truth value as an argument. */
    public IValue flag(boolean value) {
        return argument(IValue.from(value));
    }

    /** A list of integers as an argument. */
    public IValue integers(long... values) {
        return argument(IValue.listFrom(values));
    }

    /** A floating-point number as an argument. */
    public IValue number(double value) {
        return argument(IValue.from(value));
    }

    private IValue argument(IValue value) {
        arguments.add(value);
        return value;
    }

    @Override
    public void close() {
        arguments.forEach(IValue::close);
        manager.close();
        JniUtils.setGradMode(before);
    }
}
