package io.counterflow.model.classifier;

import io.counterflow.model.ModelOptions;
import io.counterflow.model.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;

/**
 * Gives a logit for each label of a text or of a pair of texts. With one label it is a reward model, and its logit the reward. What the
 * logits mean beyond that (softmax, sigmoid, none) is the caller's to know.
 *
 * <p>For one thread at a time. Several classifiers may be used by several threads.
 */
public interface SequenceClassifier extends AutoCloseable {

    /**
     * Loads the classifier of a folder, which its content tells: a Hugging Face checkpoint ({@code config.json}, {@code
     * model.safetensors}) of a decoder or an encoder with a classification head, else {@code model.onnx} for ONNX Runtime, else {@code
     * model.pt} for TorchScript. All of them need {@code config.json} for their labels and {@code tokenizer.json}.
     *
     * @param options device, precision, threads; precision is for checkpoints alone, a graph has its own, and ONNX runs on the CPU alone
     * @throws io.counterflow.model.checkpoint.CheckpointException when the folder holds no classifier that can be computed, or a damaged
     *     one
     * @throws io.counterflow.model.tokenizer.TokenizerException when its tokenizer is missing or damaged
     */
    static SequenceClassifier load(Path folder, ModelOptions options) {
        return ClassifierFolder.load(folder, options);
    }

    /** Names of the labels, in order of their ids ({@code id2label} of config.json). */
    List<String> labels();

    /** Most tokens that an input may have, special ones included. */
    int context();

    /** The tokenizer of the model's folder; closed with the classifier. */
    Tokenizer tokenizer();

    /**
     * A text as the model takes it, with the special tokens that its tokenizer puts around one. Never cut: it may be longer than {@link
     * #context()}, and then splitting it is up to the caller.
     *
     * @throws io.counterflow.model.tokenizer.TokenizerException when the vocabulary has no token for some of it
     */
    ClassifierInput encode(String text);

    /** As {@link #encode(String)}, of a pair, such as premise and hypothesis. */
    ClassifierInput encode(String first, String second);

    /**
     * The logits of each input. Computed in batches of like lengths; what an input is batched with changes nothing but rounding.
     *
     * @return [inputs][labels]
     * @throws IllegalArgumentException when an input is longer than the context, or holds a token outside the vocabulary
     */
    float[][] logits(List<ClassifierInput> inputs);

    @Override
    void close();
}
