package io.counterflow.model.classifier;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.SequenceClassificationModel;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.EncoderConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Tells what kind of classifier a folder holds. */
final class ClassifierFolder {
    private ClassifierFolder() {}

    static SequenceClassifier load(Path folder, ModelOptions options) {
        if (isCheckpoint(folder)) {
            return EncoderConfig.isIn(folder)
                    ? EncoderClassifier.load(folder, options)
                    : new DecoderClassifier(SequenceClassificationModel.load(folder, options));
        }
        Optional<Path> onnx = Stream.of("model.onnx", "onnx/model.onnx")
                .map(folder::resolve)
                .filter(Files::isRegularFile)
                .findFirst();
        if (onnx.isPresent()) {
            if (options.device().startsWith("cuda")) {
                throw new IllegalArgumentException(onnx.get() + " runs on the CPU alone, not on " + options.device());
            }
            return GraphClassifier.load(folder, onnx.get(), file -> OnnxGraph.open(file, options.workers()));
        }
        Path torchScript = folder.resolve("model.pt");
        if (Files.isRegularFile(torchScript)) {
            return GraphClassifier.load(folder, torchScript, file -> TorchScriptGraph.open(file, options.device()));
        }
        throw new CheckpointException(
                Files.isDirectory(folder)
                        ? "%s holds no classifier: there is neither model.safetensors nor model.onnx nor model.pt"
                                .formatted(folder)
                        : "there is no folder %s; a classifier is a folder".formatted(folder));
    }

    private static boolean isCheckpoint(Path folder) {
        return Files.exists(folder.resolve("model.safetensors"))
                || Files.exists(folder.resolve("model.safetensors.index.json"));
    }

    static TrainableClassifier startFrom(Path checkpoint, List<String> labels, long seed, ModelOptions options) {
        return EncoderConfig.isIn(checkpoint)
                ? EncoderClassifier.startFrom(checkpoint, labels, seed, options)
                : new DecoderClassifier(SequenceClassificationModel.startFrom(checkpoint, labels, seed, options));
    }
}
