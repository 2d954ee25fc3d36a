package io.counterflow.model.decoder;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDManager;

/**
 * Starts libtorch with the settings that this project relies on. All of them can be set from outside as system properties:
 *
 * <ul>
 *   <li>{@code ai.djl.pytorch.num_threads}, 1 by default: beside a busy neighbour the barriers of several OpenMP threads spin, and
 *       two threads then do far less than one.
 *   <li>{@code ai.djl.offline}, true by default: nothing is downloaded, and DJL's telemetry is off.
 *   <li>{@code PYTORCH_LIBRARY_PATH}, {@code PYTORCH_VERSION} and {@code PYTORCH_FLAVOR} name another libtorch 2.7 (for CUDA, say).
 * </ul>
 */
public final class TorchEngine {
    private TorchEngine() {}

    /** A manager of its own on {@code device}; the first call loads libtorch. */
    public static NDManager newManager(Device device) {
        return start().newBaseManager(device);
    }

    /** The GPU where libtorch finds one, else the CPU. */
    public static Device bestDevice() {
        return start().getGpuCount() > 0 ? Device.gpu() : Device.cpu();
    }

    private static Engine start() {
        defaultProperty("ai.djl.offline", "true");
        defaultProperty("OPT_OUT_TRACKING", "true");
        defaultProperty("ai.djl.pytorch.num_threads", "1");
        defaultProperty("ai.djl.pytorch.num_interop_threads", "1");
        return Engine.getEngine("PyTorch");
    }

    private static void defaultProperty(String name, String value) {
        if (System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }
}
