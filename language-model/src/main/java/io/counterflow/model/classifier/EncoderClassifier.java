package io.counterflow.model.classifier;

import io.counterflow.files.WholeFolder;
import io.counterflow.model.LogitGradient;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.checkpoint.TensorSpec;
import io.counterflow.model.decoder.LengthBatches;
import io.counterflow.model.decoder.TorchEngine;
import io.counterflow.model.encoder.Encoder;
import io.counterflow.model.encoder.EncoderBatch;
import io.counterflow.model.encoder.EncoderNetwork;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.training.OptimizerConfig;
import io.counterflow.model.training.Training;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** A BERT-like encoder with a head on its first token. */
final class EncoderClassifier implements TrainableClassifier {
    // Tokens that run forward at a time where no gradient is wanted.
    private static final int TOKENS_AT_ONCE = 4096;

    private final Encoder encoder;
    private final Tokenizer tokenizer;
    private final ModelOptions options;
    private final Path origin;
    private final ClassifierThreads workers;

    private EncoderClassifier(EncoderConfig config, Path checkpoint, ModelOptions options) {
        if (options.adapter().isPresent()) {
            throw new IllegalArgumentException("Adapters are for decoders; an encoder trains all its weights");
        }
        if (options.gradientCheckpointing()) {
            throw new IllegalArgumentException("Gradient checkpointing is for decoders; train an encoder without it");
        }
        this.options = options;
        origin = checkpoint;
        workers = new ClassifierThreads(options.workers());
        tokenizer = Tokenizer.load(checkpoint, config.vocabularySize());
        try {
            encoder = new Encoder(
                    config, options.precision(), TorchEngine.newManager(TorchEngine.device(options.device())));
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    static EncoderClassifier load(Path checkpoint, ModelOptions options) {
        EncoderConfig config = EncoderConfig.read(checkpoint);
        if (config.labels().isEmpty()) {
            throw new CheckpointException("%s holds an encoder without a classification head; a classifier is a %s"
                    .formatted(checkpoint, config.family().classifierArchitecture()));
        }
        try (CheckpointTensors tensors = CheckpointTensors.open(checkpoint, config)) {
            return new EncoderClassifier(config, checkpoint, options)
                    .filled(classifier -> config.tensors().forEach(spec -> classifier.take(spec, tensors)));
        }
    }

    static EncoderClassifier startFrom(Path checkpoint, List<String> labels, long seed, ModelOptions options) {
        EncoderConfig base = EncoderConfig.read(checkpoint);
        EncoderConfig config = base.asClassifier(labels);
        boolean otherLabels = !base.labels().equals(labels);
        List<TensorSpec> drawn = config.outputTensors();
        try (CheckpointTensors tensors = CheckpointTensors.openBase(checkpoint, config)) {
            return new EncoderClassifier(config, checkpoint, options).filled(classifier -> {
                classifier.encoder.parameters().initialise(seed);
                for (TensorSpec spec : config.tensors()) {
                    if (tensors.contains(spec.name()) && !(otherLabels && drawn.contains(spec))) {
                        classifier.take(spec, tensors);
                    }
                }
            });
        }
    }

    private void take(TensorSpec spec, CheckpointTensors tensors) {
        tensors.floats(spec.name(), (at, piece) -> encoder.parameters().set(spec.name(), at, piece));
    }

    /** Sets the weights; what fails leaves no native memory behind. */
    private EncoderClassifier filled(Consumer<EncoderClassifier> fill) {
        try {
            fill.accept(this);
            encoder.parameters().trainable(options.trainable());
            if (!options.trainable()) {
                encoder.settle();
            }
            return this;
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    @Override
    public List<String> labels() {
        return encoder.config().labels();
    }

    @Override
    public int context() {
        return encoder.config().context();
    }

    @Override
    public Tokenizer tokenizer() {
        return tokenizer;
    }

    @Override
    public ClassifierInput encode(String text) {
        return ClassifierInput.of(tokenizer.encodeWhole(text));
    }

    @Override
    public ClassifierInput encode(String first, String second) {
        return ClassifierInput.of(tokenizer.encodePair(first, second));
    }

    @Override
    public float[][] logits(List<ClassifierInput> inputs) {
        int total = inputs.stream().mapToInt(ClassifierInput::length).sum();
        int share = Math.min(TOKENS_AT_ONCE, (total + options.workers() - 1) / options.workers());
        List<List<Integer>> places =
                LengthBatches.of(inputs.size(), i -> inputs.get(i).length(), share);
        List<EncoderBatch> batches = places.stream()
                .map(batch -> batch(batch.stream().map(inputs::get).toList()))
                .toList();
        List<List<float[]>> computed = workers.map(batches, encoder::logits);
        float[][] logits = new float[inputs.size()][];
        for (int batch = 0; batch < places.size(); batch++) {
            for (int i = 0; i < places.get(batch).size(); i++) {
                logits[places.get(batch).get(i)] = computed.get(batch).get(i);
            }
        }
        return logits;
    }

    private EncoderBatch batch(List<ClassifierInput> inputs) {
        return new EncoderBatch(
                inputs.stream().map(ClassifierInput::tokens).toList(),
                inputs.stream().map(ClassifierInput::segments).toList(),
                encoder.config());
    }

    /** What leaves the last layer for every token, for tests that look inside. */
    float[] hiddenStates(List<ClassifierInput> inputs) {
        return encoder.hiddenStates(batch(inputs));
    }

    /** The encoder, for tests that look inside. */
    Encoder encoder() {
        return encoder;
    }

    @Override
    public EncoderOptimizer optimizer(OptimizerConfig config) {
        if (!options.trainable()) {
            throw new IllegalStateException("The model was loaded for inference; load it with ModelOptions.training()");
        }
        return new EncoderOptimizer(new Training<>(
                new EncoderNetwork(encoder),
                encoder.parameters().arrays(),
                encoder.parameters(),
                options.workers(),
                config));
    }

    @Override
    public void save(Path folder) {
        if (Files.exists(folder)) {
            throw new CheckpointException(folder + " exists already; give a folder that is not there yet");
        }
        WholeFolder.create(folder, whole -> {
            CheckpointWriter.write(whole, encoder.config(), tensors());
            CheckpointWriter.copyCompanions(origin, whole);
        });
    }

    @Override
    public void saveAdapter(Path folder) {
        throw new IllegalStateException("An encoder has no adapter to save");
    }

    @Override
    public String weightsSha256() {
        return SafetensorsWriter.sha256(tensors(), SafetensorsWriter.PYTORCH_METADATA);
    }

    private List<Tensor> tensors() {
        return encoder.config().tensors().stream()
                .map(spec -> Tensor.ofPieces(spec.name(), TensorType.F32, spec.shape(), pieces -> encoder.parameters()
                        .read(spec.name(), pieces)))
                .toList();
    }

    @Override
    public void close() {
        workers.close();
        encoder.close();
        tokenizer.close();
    }

    /** Trains the classifier that made it. */
    final class EncoderOptimizer implements ClassifierOptimizer {
        private final Training<EncoderBatch> training;

        private EncoderOptimizer(Training<EncoderBatch> training) {
            this.training = training;
        }

        @Override
        public void accumulate(List<ClassifierInput> inputs, LogitGradient gradient) {
            if (inputs.isEmpty()) {
                return;
            }
            List<EncoderBatch> parts = Training.divide(inputs, training.workers(), ClassifierInput::length).stream()
                    .map(EncoderClassifier.this::batch)
                    .toList();
            training.accumulate(parts, training.seedOfStep(), gradient::slopes);
        }

        @Override
        public double step(double learningRate) {
            return training.step(learningRate);
        }

        @Override
        public long steps() {
            return training.steps();
        }

        /** The accumulated gradient of one tensor, row-major. */
        float[] gradient(String name) {
            return training.gradient(name);
        }

        @Override
        public void save(Path file) {
            training.save(file);
        }

        @Override
        public void restore(Path file) {
            training.restore(file);
        }

        @Override
        public void close() {
            training.close();
        }
    }
}
