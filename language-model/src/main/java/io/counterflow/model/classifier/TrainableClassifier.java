package io.counterflow.model.classifier;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.training.OptimizerConfig;
import java.nio.file.Path;
import java.util.List;

/** A classifier that learns and is saved as transformers' {@code *ForSequenceClassification}. */
public interface TrainableClassifier extends SequenceClassifier {

    /**
     * Starts from a Hugging Face checkpoint: a language model, a bare encoder, or a classifier. What the checkpoint lacks is drawn at
     * random; so is the head, unless the checkpoint is a classifier with the same labels, which then learns on.
     *
     * @param labels names of the labels, in order of their ids; one for a reward model
     * @param seed the same seed gives the same weights
     * @param options with {@link ModelOptions#training()}, an optimizer can be made; only decoders take an adapter
     * @throws io.counterflow.model.checkpoint.CheckpointException when the model is of no supported kind, or damaged
     */
    static TrainableClassifier startFrom(Path checkpoint, List<String> labels, long seed, ModelOptions options) {
        return ClassifierFolder.startFrom(checkpoint, labels, seed, options);
    }

    /**
     * An optimizer of this model's weights.
     *
     * @throws IllegalStateException when the model was not loaded for training
     */
    ClassifierOptimizer optimizer(OptimizerConfig config);

    /**
     * Writes configuration, weights and tokenizer into a new folder, whole or not at all. Weights of decoders are written in the types in
     * which they came, those of encoders in float32.
     *
     * @throws io.counterflow.model.checkpoint.CheckpointException when something is there already
     */
    void save(Path folder);

    /**
     * Writes the adapter alone into a new folder, in PEFT's form, whole or not at all; {@link #save} works it into the weights.
     *
     * @throws IllegalStateException when there is none
     */
    void saveAdapter(Path folder);

    /** SHA-256, in hexadecimal, of the {@code model.safetensors} that {@link #save} writes. */
    String weightsSha256();
}
