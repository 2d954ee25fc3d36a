package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.safetensors.TensorType;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What config.json says of a model, with the defaults that transformers gives each family, checked.
 *
 * @param family which family's layout and defaults
 * @param head what stands on top of the decoder
 * @param vocabularySize rows of the token embedding; token ids are below it
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the feed-forward layers
 * @param layers number of decoder layers
 * @param attentionHeads query heads of a layer
 * @param keyValueHeads key and value heads of a layer; divides {@code attentionHeads}
 * @param headDimension elements of a head; {@code attentionHeads * headDimension} may differ from {@code hiddenSize}
 * @param maxPositions the longest sequence the model is made for, in tokens; for GPT-2 a hard limit
 * @param activation non-linearity of the feed-forward layers
 * @param gatedFeedForward whether the feed-forward layer is down(act(gate(x)) · up(x)), else down(act(up(x)))
 * @param normEpsilon what is added to the mean square (or variance) of a normalisation
 * @param tiedEmbeddings whether the output projection is the token embedding
 * @param queryKeyValueBias whether query, key and value projections have a bias
 * @param outputBias whether the attention's output projection has a bias
 * @param feedForwardBias whether the feed-forward projections have a bias
 * @param queryKeyNorm whether each head's queries and keys are RMS-normalised before rotation (Qwen3)
 * @param rope rotary position embedding; empty for GPT-2, whose positions are learned
 * @param attentionScales by layer, what query-key products are multiplied with
 * @param slidingWindows by layer, how many tokens back a token sees, itself included; 0 means all
 * @param labels number of scores of a sequence-classification head; 0 for a language model
 * @param bosTokenId the token that begins a text
 * @param eosTokenIds the tokens that end one
 * @param padTokenId the token that fills up a batch
 * @param dtype element type that the checkpoint was saved with, if it says so
 * @param initializerRange standard deviation of freshly drawn weights
 * @param json the whole of config.json, which saving writes again key for key
 */
public record ModelConfig(
        ModelFamily family,
        ModelHead head,
        int vocabularySize,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int attentionHeads,
        int keyValueHeads,
        int headDimension,
        int maxPositions,
        Activation activation,
        boolean gatedFeedForward,
        double normEpsilon,
        boolean tiedEmbeddings,
        boolean queryKeyValueBias,
        boolean outputBias,
        boolean feedForwardBias,
        boolean queryKeyNorm,
        Optional<Rope> rope,
        List<Double> attentionScales,
        List<Integer> slidingWindows,
        int labels,
        OptionalInt bosTokenId,
        List<Integer> eosTokenIds,
        OptionalInt padTokenId,
        Optional<TensorType> dtype,
        double initializerRange,
        ObjectNode json) {

    /** Name of the file in a checkpoint's folder. */
    public static final String FILE_NAME = "config.json";

    public ModelConfig {
        requireNonNull(family, "family is null");
        requireNonNull(head, "head is null");
        requireNonNull(activation, "activation is null");
        requireNonNull(rope, "rope is null");
        requireNonNull(dtype, "dtype is null");
        attentionScales = List.copyOf(attentionScales);
        slidingWindows = List.copyOf(slidingWindows);
        eosTokenIds = List.copyOf(eosTokenIds);
        json = json.deepCopy();
        if (attentionHeads % keyValueHeads != 0) {
            throw new CheckpointException(
                    "num_attention_heads is %d, num_key_value_heads is %d; the second must divide the first"
                            .formatted(attentionHeads, keyValueHeads));
        }
        if (rope.isPresent() && headDimension % 2 != 0) {
            throw new CheckpointException(
                    "head_dim is %d; rotary position embedding needs an even number".formatted(headDimension));
        }
    }

    /**
     * Reads the config.json of a checkpoint. Where it says that the embeddings are tied, but the weights beside it hold two that differ,
     * they are not, as in transformers.
     *
     * @param checkpoint the folder
     * @throws CheckpointException if there is none, it is not valid, or the model is not one that can be computed
     */
    public static ModelConfig read(Path checkpoint) {
        if (CheckpointParts.isAdapter(checkpoint)) {
            throw new CheckpointException(
                    "%s holds a LoRA adapter, not a whole model; 'counterflow model merge' makes one of it and its base"
                            .formatted(checkpoint));
        }
        return TiedEmbeddings.check(ModelConfigReader.read(checkpoint.resolve(FILE_NAME)), checkpoint);
    }

    /** As {@link #read(Path)}, of a config that is in memory. */
    public static ModelConfig of(ObjectNode json) {
        return new ModelConfigReader(json).config();
    }

    /** The same model with an output projection of its own, whatever {@code tie_word_embeddings} says; that key is written as it was read. */
    ModelConfig untied() {
        return copy(false, dtype, json);
    }

    private ModelConfig copy(boolean tied, Optional<TensorType> type, ObjectNode written) {
        return new ModelConfig(
                family,
                head,
                vocabularySize,
                hiddenSize,
                intermediateSize,
                layers,
                attentionHeads,
                keyValueHeads,
                headDimension,
                maxPositions,
                activation,
                gatedFeedForward,
                normEpsilon,
                tied,
                queryKeyValueBias,
                outputBias,
                feedForwardBias,
                queryKeyNorm,
                rope,
                attentionScales,
                slidingWindows,
                labels,
                bosTokenId,
                eosTokenIds,
                padTokenId,
                type,
                initializerRange,
                written);
    }

    /** Writes config.json into a folder. */
    public void write(Path folder) {
        JsonFiles.write(folder.resolve(FILE_NAME), json);
    }

    /** The whole of config.json; a copy. */
    @Override
    public ObjectNode json() {
        return json.deepCopy();
    }

    /** The tensors of such a model, under their names in a checkpoint, in the order of transformers' modules. */
    public List<TensorSpec> tensors() {
        return TensorLayout.of(this);
    }

    /**
     * The token whose embedding learns nothing from where the token stands in a text, as the transformers class has it ({@code
     * padding_idx}): that for padding, but of GPT-2 none; -1 for none.
     */
    public int unlearntToken() {
        int padding = padTokenId().orElse(-1);
        return family == ModelFamily.GPT2 || padding >= vocabularySize ? -1 : padding;
    }

    /** Number of parameters, tied ones counted once. */
    public long parameters() {
        return tensors().stream().mapToLong(TensorSpec::elements).sum();
    }

    /** The same model saved in another element type. */
    public ModelConfig withDtype(TensorType type) {
        ObjectNode changed = json();
        changed.put(changed.has("torch_dtype") && !changed.has("dtype") ? "torch_dtype" : "dtype", type.torchName());
        return copy(tiedEmbeddings, Optional.of(type), changed);
    }
}
