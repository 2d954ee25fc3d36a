package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.safetensors.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What config.json says of a bidirectional encoder, with the defaults that transformers gives each family, checked.
 *
 * @param family which family's layout and defaults
 * @param vocabularySize rows of the token embedding
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the feed-forward layers
 * @param layers number of layers
 * @param attentionHeads heads of a layer; divides {@code hiddenSize}
 * @param positions rows of the position embedding
 * @param positionOffset row of the first token's position: RoBERTa leaves those up to its padding token unused
 * @param segments rows of the segment embedding ({@code type_vocab_size}); 0 where there is none
 * @param activation non-linearity of the feed-forward layers
 * @param normEpsilon added to the variance of a normalisation
 * @param labels of a classification head, in order of their ids; empty where the checkpoint has another head or none
 * @param dtype element type that the checkpoint was saved with, if it says so
 * @param initializerRange standard deviation of freshly drawn weights
 * @param json the whole of config.json, which saving writes again key for key
 */
public record EncoderConfig(
        EncoderFamily family,
        int vocabularySize,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int attentionHeads,
        int positions,
        int positionOffset,
        int segments,
        Activation activation,
        double normEpsilon,
        List<String> labels,
        Optional<TensorType> dtype,
        double initializerRange,
        ObjectNode json) {

    public EncoderConfig {
        requireNonNull(family, "family is null");
        requireNonNull(activation, "activation is null");
        requireNonNull(dtype, "dtype is null");
        labels = List.copyOf(labels);
        json = json.deepCopy();
        if (hiddenSize % attentionHeads != 0) {
            throw new CheckpointException(
                    "the hidden size is %d, the number of attention heads %d; the second must divide"
                                    .formatted(hiddenSize, attentionHeads)
                            + " the first");
        }
        if (positionOffset >= positions) {
            throw new CheckpointException(
                    "max_position_embeddings is %d; with a pad_token_id of %d none is left for tokens"
                            .formatted(positions, positionOffset - 1));
        }
    }

    /**
     * Whether a checkpoint is that of an encoder of some family.
     *
     * @throws CheckpointException if it has no valid config.json
     */
    public static boolean isIn(Path checkpoint) {
        String type = JsonFiles.read(checkpoint.resolve(ModelConfig.FILE_NAME))
                .path("model_type")
                .asText();
        return EncoderFamily.ofModelType(type).isPresent();
    }

    /**
     * Reads the config.json of a checkpoint.
     *
     * @throws CheckpointException if there is none, it is not valid, or the model is not one that can be computed
     */
    public static EncoderConfig read(Path checkpoint) {
        Path file = checkpoint.resolve(ModelConfig.FILE_NAME);
        ObjectNode json = JsonFiles.read(file);
        try {
            return of(json);
        } catch (CheckpointException e) {
            throw new CheckpointException("%s: %s".formatted(file, e.getMessage()), e);
        }
    }

    /** As {@link #read(Path)}, of a config that is in memory. */
    public static EncoderConfig of(ObjectNode json) {
        return new EncoderConfigReader(json).config();
    }

    /** Writes config.json into a folder. */
    public void write(Path folder) {
        JsonFiles.write(folder.resolve(ModelConfig.FILE_NAME), json);
    }

    /** The whole of config.json; a copy. */
    @Override
    public ObjectNode json() {
        return json.deepCopy();
    }

    /** Most tokens of an input, special ones included. */
    public int context() {
        return positions - positionOffset;
    }

    /** The tensors of such a model, under their names in a checkpoint: encoder, then head. */
    public List<TensorSpec> tensors() {
        return EncoderLayout.of(this);
    }

    /** Those of {@link #tensors()} that make the logits: they mean these labels and no others. */
    public List<TensorSpec> outputTensors() {
        String module = EncoderLayout.outputModule(family);
        return tensors().stream()
                .filter(spec -> spec.name().startsWith(module + "."))
                .toList();
    }

    /** Number of parameters. */
    public long parameters() {
        return tensors().stream().mapToLong(TensorSpec::elements).sum();
    }

    /** The same encoder with a classification head of these labels, in float32. */
    public EncoderConfig asClassifier(List<String> names) {
        ObjectNode changed = json();
        changed.putArray("architectures").add(family.classifierArchitecture());
        ClassLabels.write(names, changed);
        changed.put(
                changed.has("torch_dtype") && !changed.has("dtype") ? "torch_dtype" : "dtype",
                TensorType.F32.torchName());
        return of(changed);
    }
}
