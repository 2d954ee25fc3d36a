package io.counterflow.model.classifier;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.SequenceClassificationModel;
import io.counterflow.model.checkpoint.EncoderConfig;
import java.nio.file.Path;
import java.util.List;

/** Tells what kind of classifier a folder holds. */
final class ClassifierFolder {
    private ClassifierFolder() {}

    static SequenceClassifier load(Path folder, ModelOptions options) {
        return EncoderConfig.isIn(folder)
                ? EncoderClassifier.load(folder, options)
                : new DecoderClassifier(SequenceClassificationModel.load(folder, options));
    }

    static TrainableClassifier startFrom(Path checkpoint, List<String> labels, long seed, ModelOptions options) {
        return EncoderConfig.isIn(checkpoint)
                ? EncoderClassifier.startFrom(checkpoint, labels, seed, options)
                : new DecoderClassifier(SequenceClassificationModel.startFrom(checkpoint, labels, seed, options));
    }
}
