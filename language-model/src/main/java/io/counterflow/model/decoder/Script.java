package io.counterflow.model.decoder;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.JniUtils;
import ai.djl.pytorch.jni.ScriptMethod;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * A TorchScript object made from a resource of this project. Methods may be called by several threads at once; whether a
 * gradient is recorded depends on the calling thread's grad mode.
 */
public final class Script implements AutoCloseable {
    private final PtSymbolBlock module;

    private Script(PtSymbolBlock module) {
        this.module = module;
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
                    JniUtils.loadModule((PtNDManager) manager, new ByteArrayInputStream(archive), false, false));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Calls {@code method} and drops what it returns. */
    public void run(String method, IValue... arguments) {
        ScriptMethod.run(module, method, arguments).close();
    }

    /** Calls {@code method}, which returns a tensor; {@code manager} owns it. */
    public NDArray tensor(NDManager manager, String method, IValue... arguments) {
        try (IValue result = ScriptMethod.run(module, method, arguments)) {
            return result.toTensor((PtNDManager) manager);
        }
    }

    /** Calls {@code method}, which returns a list of tensors; {@code manager} owns them. */
    public PtNDArray[] tensors(NDManager manager, String method, IValue... arguments) {
        try (IValue result = ScriptMethod.run(module, method, arguments)) {
            return result.toTensorArray((PtNDManager) manager);
        }
    }

    @Override
    public void close() {
        module.close();
    }
}
