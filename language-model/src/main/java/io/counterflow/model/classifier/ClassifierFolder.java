package io.counterflow.model.classifier;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.SequenceClassificationModel;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.checkpoint.ExportedGraph;
import io.counterflow.model.checkpoint.ForeignWeights;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Tells what kind of classifier a folder holds. */
final class ClassifierFolder {
    private ClassifierFolder() {}

    static SequenceClassifier load(Path folder, ModelOptions options) {
        if (CheckpointParts.isAdapter(folder)) {
            return new DecoderClassifier(SequenceClassificationModel.load(folder, options));
        }
        if (CheckpointTensors.areIn(folder)) {
            return EncoderConfig.isIn(folder)
                    ? EncoderClassifier.load(folder, options)
                    : new DecoderClassifier(SequenceClassificationModel.load(folder, options));
        }
        Optional<Path> graph = ExportedGraph.find(folder);
        if (graph.isPresent()) {
            return GraphClassifier.load(folder, graph.get(), file -> open(file, options));
        }
        throw new CheckpointException(
                Files.isDirectory(folder)
                        ? ForeignWeights.describe(folder)
                                .orElse(
                                        "%s holds no classifier: there is neither model.safetensors nor model.onnx nor model.pt"
                                                .formatted(folder))
                        : "there is no folder %s; a classifier is a folder".formatted(folder));
    }

    private static Graph open(Path file, ModelOptions options) {
        if (!ExportedGraph.isOnnx(file)) {
            return TorchScriptGraph.open(file, options.device());
        }
        if (options.device().startsWith("cuda")) {
            throw new IllegalArgumentException(file + " runs on the CPU alone, not on " + options.device());
        }
        return OnnxGraph.open(file, options.workers());
    }

    static TrainableClassifier startFrom(Path checkpoint, List<String> labels, long seed, ModelOptions options) {
        if (!EncoderConfig.isIn(checkpoint)) {
            return new DecoderClassifier(SequenceClassificationModel.startFrom(checkpoint, labels, seed, options));
        }
        if (options.adapter().isPresent()) {
            throw new CheckpointException(
                    "%s holds an encoder; an adapter goes on a decoder, such as a Llama".formatted(checkpoint));
        }
        return EncoderClassifier.startFrom(checkpoint, labels, seed, options);
    }
}
