package io.counterflow.model.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** A network that was exported whole, in ONNX or TorchScript, in place of weights and a configuration that says what to do with them. */
public final class ExportedGraph {
    private static final String ONNX = "model.onnx";

    private ExportedGraph() {}

    /** The file of a folder's graph; empty where there is none, or weights, which come first. */
    public static Optional<Path> find(Path folder) {
        return CheckpointTensors.areIn(folder)
                ? Optional.empty()
                : Stream.of(ONNX, "onnx/" + ONNX, "model.pt")
                        .map(folder::resolve)
                        .filter(Files::isRegularFile)
                        .findFirst();
    }

    /** Whether a graph is in ONNX; TorchScript otherwise. */
    public static boolean isOnnx(Path graph) {
        return graph.endsWith(ONNX);
    }
}
