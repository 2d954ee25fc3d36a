package io.counterflow.model.decoder;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import io.counterflow.model.engine.EngineSettings;
import java.util.Optional;

/** Starts libtorch, with {@link EngineSettings}. */
public final class TorchEngine {
    private TorchEngine() {}

    /** A manager of its own on {@code device}; the first call loads libtorch. */
    public static NDManager newManager(Device device) {
        return start().newBaseManager(device);
    }

    /** The device of a name: {@code cpu}, {@code cuda}, {@code cuda:N}, or {@code auto} for a GPU where libtorch finds one. */
    public static Device device(String name) {
        if (name.contains(",")) {
            throw new IllegalArgumentException(
                    "device is '" + name + "', but only the training of language models is divided among several");
        }
        return switch (name) {
            case "cpu" -> Device.cpu();
            case "auto" -> bestDevice();
            case "cuda" -> Device.gpu();
            default -> Device.gpu(Integer.parseInt(name.substring(name.indexOf(':') + 1)));
        };
    }

    /** The GPU where libtorch finds one, else the CPU. */
    public static Device bestDevice() {
        return start().getGpuCount() > 0 ? Device.gpu() : Device.cpu();
    }

    /**
     * What libtorch says where a failure is that the memory of the device is full; it has no exception of its own for that.
     *
     * @return its first line, or empty where the failure is another
     */
    public static Optional<String> outOfMemory(Throwable failure) {
        if (!(failure instanceof EngineException) || failure.getMessage() == null) {
            return Optional.empty();
        }
        return failure.getMessage()
                .lines()
                .filter(line -> line.contains("out of memory") || line.contains("can't allocate memory"))
                .findFirst();
    }

    /** The version of libtorch, which is loaded. */
    public static String version() {
        return start().getVersion();
    }

    private static Engine start() {
        EngineSettings.apply();
        return Engine.getEngine("PyTorch");
    }
}
