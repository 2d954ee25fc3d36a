package io.counterflow.model.verify;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.classifier.ClassifierInput;
import io.counterflow.model.classifier.SequenceClassifier;
import io.counterflow.model.decoder.Precision;
import io.counterflow.model.decoder.TorchEngine;
import io.counterflow.model.encoder.Encoder;
import io.counterflow.model.encoder.EncoderBatch;
import io.counterflow.model.tokenizer.Encoded;
import io.counterflow.model.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * Compares what a classifier, or an encoder without a head, computes of texts and pairs of texts with what is expected: token ids, segment
 * ids, logits, and the mean of the last states.
 */
final class ClassifierVerification {
    // Of a state whose norm is about the root of its width.
    private static final double HIDDEN_TOLERANCE = 2e-3;

    private final Path folder;
    private final ExpectedValues expected;
    private final ModelOptions options;
    private final List<ClassifierInput> inputs;

    ClassifierVerification(Path folder, ExpectedValues expected, ModelOptions options) {
        this.folder = folder;
        this.expected = expected;
        this.options = options;
        inputs = expected.parts("inputs").stream()
                .map(input -> new ClassifierInput(input.ids("tokens"), input.ids("segments")))
                .toList();
    }

    List<Deviation> deviations() {
        List<Deviation> deviations = new ArrayList<>();
        verifyTokens(deviations);
        if (expected.has("logits")) {
            try (SequenceClassifier classifier = SequenceClassifier.load(folder, options)) {
                deviations.add(Deviation.absolute(
                        "logits",
                        flat(expected.numberRows("logits")),
                        Arrays.stream(classifier.logits(inputs))
                                .flatMapToDouble(ClassifierVerification::doubles)
                                .toArray(),
                        Verification.ABSOLUTE_TOLERANCE));
            }
        }
        if (expected.has("mean_hidden")) {
            deviations.add(Deviation.absolute(
                    "mean of the last hidden states",
                    flat(expected.numberRows("mean_hidden")),
                    meanHidden(),
                    HIDDEN_TOLERANCE));
        }
        return deviations;
    }

    private void verifyTokens(List<Deviation> deviations) {
        try (Tokenizer tokenizer = Tokenizer.load(folder)) {
            for (int i = 0; i < inputs.size(); i++) {
                ExpectedValues input = expected.parts("inputs").get(i);
                if (input.has("text")) {
                    Encoded encoded = input.has("pair")
                            ? tokenizer.encodePair(input.text("text"), input.text("pair"))
                            : tokenizer.encodeWhole(input.text("text"));
                    String name = " of input " + (i + 1);
                    deviations.add(
                            Deviation.ids("token ids" + name, inputs.get(i).tokens(), encoded.tokens()));
                    deviations.add(
                            Deviation.ids("segment ids" + name, inputs.get(i).segments(), encoded.segments()));
                }
            }
        }
    }

    private double[] meanHidden() {
        EncoderConfig config = EncoderConfig.read(folder);
        try (CheckpointTensors tensors = CheckpointTensors.openBase(folder, config);
                Encoder encoder = new Encoder(
                        config, Precision.FLOAT32, TorchEngine.newManager(TorchEngine.device(options.device())))) {
            config.tensors()
                    .forEach(spec -> tensors.floats(
                            spec.name(), (at, piece) -> encoder.parameters().set(spec.name(), at, piece)));
            encoder.settle();
            float[] states = encoder.hiddenStates(new EncoderBatch(
                    inputs.stream().map(ClassifierInput::tokens).toList(),
                    inputs.stream().map(ClassifierInput::segments).toList(),
                    config));
            int width = config.hiddenSize();
            double[] means = new double[inputs.size() * width];
            int token = 0;
            for (int i = 0; i < inputs.size(); i++) {
                int length = inputs.get(i).length();
                for (int t = 0; t < length; t++, token++) {
                    for (int j = 0; j < width; j++) {
                        means[i * width + j] += (double) states[token * width + j] / length;
                    }
                }
            }
            return means;
        }
    }

    private static double[] flat(List<double[]> rows) {
        return rows.stream().flatMapToDouble(Arrays::stream).toArray();
    }

    private static DoubleStream doubles(float[] row) {
        return IntStream.range(0, row.length).mapToDouble(i -> row[i]);
    }
}
