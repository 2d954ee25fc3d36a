package io.counterflow.model.classifier;

import io.counterflow.files.WholeFolder;
import io.counterflow.model.LogitGradient;
import io.counterflow.model.SequenceClassificationModel;
import io.counterflow.model.SequenceClassificationOptimizer;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A decoder with a head on its last token. */
final class DecoderClassifier implements TrainableClassifier {
    private final SequenceClassificationModel model;

    DecoderClassifier(SequenceClassificationModel model) {
        this.model = model;
    }

    @Override
    public List<String> labels() {
        return model.labels();
    }

    @Override
    public int context() {
        return model.config().maxPositions();
    }

    @Override
    public Tokenizer tokenizer() {
        return model.tokenizer();
    }

    @Override
    public ClassifierInput encode(String text) {
        return ClassifierInput.of(model.tokenizer().encodeWhole(text));
    }

    @Override
    public ClassifierInput encode(String first, String second) {
        return ClassifierInput.of(model.tokenizer().encodePair(first, second));
    }

    @Override
    public float[][] logits(List<ClassifierInput> inputs) {
        return model.logits(tokens(inputs));
    }

    private static List<int[]> tokens(List<ClassifierInput> inputs) {
        return inputs.stream().map(ClassifierInput::tokens).toList();
    }

    @Override
    public ClassifierOptimizer optimizer(OptimizerConfig config) {
        return new Optimizer(model.optimizer(config));
    }

    @Override
    public void save(Path folder) {
        if (Files.exists(folder)) {
            throw new CheckpointException(folder + " exists already; give a folder that is not there yet");
        }
        WholeFolder.create(folder, model::save);
    }

    @Override
    public void saveAdapter(Path folder) {
        WholeFolder.create(folder, model::saveAdapter);
    }

    @Override
    public String weightsSha256() {
        return model.weightsSha256();
    }

    @Override
    public void close() {
        model.close();
    }

    private record Optimizer(SequenceClassificationOptimizer optimizer) implements ClassifierOptimizer {
        @Override
        public void accumulate(List<ClassifierInput> inputs, LogitGradient gradient) {
            optimizer.accumulate(tokens(inputs), gradient);
        }

        @Override
        public double step(double learningRate) {
            return optimizer.step(learningRate);
        }

        @Override
        public long steps() {
            return optimizer.steps();
        }

        @Override
        public void save(Path file) {
            optimizer.save(file);
        }

        @Override
        public void restore(Path file) {
            optimizer.restore(file);
        }

        @Override
        public void close() {
            optimizer.close();
        }
    }
}
