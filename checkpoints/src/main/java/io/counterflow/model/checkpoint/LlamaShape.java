package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.safetensors.TensorType;

/**
 * The sizes of a fresh Llama: what one chooses before training from nothing.
 *
 * @param vocabularySize number of tokens
 * @param hiddenSize width of the residual stream; a multiple of {@code attentionHeads}
 * @param intermediateSize width of the feed-forward layers
 * @param layers number of decoder layers
 * @param attentionHeads query heads of a layer
 * @param keyValueHeads key and value heads of a layer; divides {@code attentionHeads}
 * @param maxPositions the longest sequence, in tokens
 * @param tiedEmbeddings whether the output projection is the token embedding
 */
public record LlamaShape(
        int vocabularySize,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int attentionHeads,
        int keyValueHeads,
        int maxPositions,
        boolean tiedEmbeddings) {

    /**
     * The configuration of a model of these sizes in float32.
     *
     * @throws CheckpointException if the sizes do not fit together
     */
    public ModelConfig config(int bosTokenId, int eosTokenId, int padTokenId) {
        ObjectNode json = JsonFiles.object();
        json.putArray("architectures").add(ModelFamily.LLAMA.architecture(ModelHead.CAUSAL_LANGUAGE_MODEL));
        json.put("attention_bias", false);
        json.put("attention_dropout", 0.0);
        json.put("bos_token_id", bosTokenId);
        json.put("dtype", TensorType.F32.torchName());
        json.put("eos_token_id", eosTokenId);
        json.put("head_dim", attentionHeads == 0 ? 0 : hiddenSize / attentionHeads);
        json.put("hidden_act", "silu");
        json.put("hidden_size", hiddenSize);
        json.put("initializer_range", 0.02);
        json.put("intermediate_size", intermediateSize);
        json.put("max_position_embeddings", maxPositions);
        json.put("mlp_bias", false);
        json.put("model_type", ModelFamily.LLAMA.modelType());
        json.put("num_attention_heads", attentionHeads);
        json.put("num_hidden_layers", layers);
        json.put("num_key_value_heads", keyValueHeads);
        json.put("pad_token_id", padTokenId);
        json.put("rms_norm_eps", 1e-5);
        json.putObject("rope_parameters").put("rope_theta", 10_000.0).put("rope_type", "default");
        json.put("rope_theta", 10_000.0);
        json.put("tie_word_embeddings", tiedEmbeddings);
        json.put("use_cache", true);
        json.put("vocab_size", vocabularySize);
        return ModelConfig.of(json);
    }
}
