package ai.djl.pytorch.jni;

import ai.djl.pytorch.engine.PtSymbolBlock;

/**
 * Calls a named TorchScript method with arbitrary values. DJL's own way in takes tensors only; what it calls underneath takes
 * anything but is package-private, which is the one reason for a class in DJL's package.
 */
public final class ScriptMethod {
    private ScriptMethod() {}

    /**
     * Runs {@code method} of {@code module}. Records a gradient when this thread's grad mode is on.
     *
     * @param inference whether to run in libtorch's inference mode, which is faster and records nothing; what it returns can take no part
     *     in a recorded operation later
     * @return a value the caller closes
     */
    public static IValue run(PtSymbolBlock module, String method, boolean inference, IValue... arguments) {
        long[] handles = new long[arguments.length];
        for (int i = 0; i < handles.length; i++) {
            handles[i] = arguments[i].getHandle();
        }
        return new IValue(PyTorchLibrary.LIB.moduleRunMethod(module.getHandle(), method, handles, !inference, false));
    }
}
