package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.ScriptMethod;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A TorchScript object, made from a resource of this project or loaded from a file. Methods may be called by several threads at once; whether a
 * gradient is recorded depends on the calling thread's grad mode.
 */
public final class Script implements AutoCloseable {
    private final PtSymbolBlock module;
    private final boolean inference;

    private Script(PtSymbolBlock module, boolean inference) {
        this.module = module;
        this.inference = inference;
    }

    /**
     * @param owner the class beside whose resources {@code resource} lies
     * @param attributes see {@link ScriptArchive#of}
     * @param manager on whose device the script's own constants live; does not own the script
     */
    public static Script load(
            Class<?> owner, String resource, String className, Map<String, Object> attributes, NDManager manager) {
        try (InputStream in = owner.getResourceAsStream(resource)) {
            String source = new String(in.readAllBytes(), StandardCharsets.UTF_8);
            byte[] archive = ScriptArchive.of(className, source, attributes);
            return new Script(
                    JniUtils.loadModule((PtNDManager) manager, new ByteArrayInputStream(archive), false, false), false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A TorchScript file of another origin.
     *
     * @param manager on whose device the script's tensors live; does not own the script
     */
    public static Script open(Path file, NDManager manager) {
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file))) {
            return new Script(JniUtils.loadModule((PtNDManager) manager, in, true, false), false);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + file, e);
        }
    }

    /**
     * The same script, called in libtorch's inference mode: faster, but what it returns may only be read, or given to such calls again.
     * Closing it is closing this one.
     */
    public Script withoutGradients() {
        return new Script(module, true);
    }

    /** Calls {@code method} and drops what it returns. */
    public void run(String method, IValue... arguments) {
        ScriptMethod.run(module, method, inference, arguments).close();
    }

    /** Calls {@code method}, which returns a tensor; {@code manager} owns it. */
    public NDArray tensor(NDManager manager, String method, IValue... arguments) {
        try (IValue result = ScriptMethod.run(module, method, inference, arguments)) {
            return result.toTensor((PtNDManager) manager);
        }
    }

    /** Calls {@code method}, which returns a list of tensors; {@code manager} owns them. */
    public PtNDArray[] tensors(NDManager manager, String method, IValue... arguments) {
        try (IValue result = ScriptMethod.run(module, method, inference, arguments)) {
            return result.toTensorArray((PtNDManager) manager);
        }
    }

    /**
     * Calls {@code method}, which returns a tensor, or a tuple or list that begins with one, or a dictionary that has one under {@code
     * key}; {@code manager} owns it.
     *
     * @throws IllegalArgumentException when it returns something else
     */
    public NDArray firstTensor(NDManager manager, String method, String key, IValue... arguments) {
        try (IValue result = ScriptMethod.run(module, method, inference, arguments)) {
            if (result.isTensor()) {
                return result.toTensor((PtNDManager) manager);
            }
            if (result.isTuple() || result.isTensorList() || result.isMap()) {
                NDList tensors = result.toNDList((PtNDManager) manager);
                NDArray named = tensors.get(key);
                return named != null ? named : tensors.get(0);
            }
            throw new IllegalArgumentException(method + " returns " + result.getType() + "; wanted is a tensor");
        }
    }

    @Override
    public void close() {
        module.close();
    }
}
