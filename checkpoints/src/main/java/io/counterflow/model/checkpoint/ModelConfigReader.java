package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Turns config.json into a {@link ModelConfig}: old and new names of the keys, the defaults of each family (those of
 * transformers 5), and a clear refusal of whatever the decoder does not compute.
 */
final class ModelConfigReader extends ConfigValues {
    ModelConfigReader(ObjectNode json) {
        super(json);
    }

    static ModelConfig read(Path file) {
        ObjectNode json = JsonFiles.read(file);
        try {
            return new ModelConfigReader(json).config();
        } catch (CheckpointException e) {
            if (e.getMessage().contains(ModelConfig.FILE_NAME)) {
                throw e;
            }
            throw new CheckpointException("%s: %s".formatted(file, e.getMessage()), e);
        }
    }

    ModelConfig config() {
        ModelFamily family = family();
        ModelHead head = head(family);
        refuseQuantised();
        return family == ModelFamily.GPT2 ? gpt2(head) : llama(family, head);
    }

    private ModelFamily family() {
        String modelType = text("model_type")
                .orElseThrow(() ->
                        new CheckpointException("model_type is missing; supported are " + ModelFamily.modelTypes()));
        if (EncoderFamily.ofModelType(modelType).isPresent()) {
            throw new CheckpointException(
                    "the model type %s is an encoder, which classifies texts; a language model is wanted: %s"
                            .formatted(modelType, ModelFamily.modelTypes()));
        }
        return ModelFamily.ofModelType(modelType)
                .orElseThrow(() -> new CheckpointException(
                        "the model type %s is not supported; supported are %s, and for classifiers the encoders %s"
                                .formatted(modelType, ModelFamily.modelTypes(), EncoderFamily.modelTypes())));
    }

    private ModelHead head(ModelFamily family) {
        JsonNode architectures = value("architectures");
        if (architectures == null || architectures.isEmpty()) {
            return ModelHead.CAUSAL_LANGUAGE_MODEL;
        }
        for (ModelHead head : ModelHead.values()) {
            for (JsonNode architecture : architectures) {
                if (architecture.asText().equals(family.architecture(head))) {
                    return head;
                }
            }
        }
        throw new CheckpointException("the architecture %s is not supported; supported for %s are %s"
                .formatted(architectures, family.modelType(), String.join(", ", family.architectures())));
    }

    private ModelConfig llama(ModelFamily family, ModelHead head) {
        boolean qwen = family == ModelFamily.QWEN2 || family == ModelFamily.QWEN3;
        int hidden = whole("hidden_size", 4096, WIDEST);
        int heads = whole("num_attention_heads", 32, MOST_HEADS);
        int layers = whole("num_hidden_layers", 32, MOST_LAYERS);
        int keyValueHeads = json.has("num_key_value_heads") || family == ModelFamily.LLAMA
                ? whole("num_key_value_heads", heads, MOST_HEADS)
                : family == ModelFamily.MISTRAL ? 8 : 32;
        int headDimension = headDimension(family, hidden, heads);
        int maxPositions = whole("max_position_embeddings", maxPositions(family), MOST_TOKENS);
        boolean attentionBias = family != ModelFamily.MISTRAL && flag("attention_bias", false);
        return new ModelConfig(
                family,
                head,
                whole("vocab_size", qwen ? 151_936 : 32_000, MOST_TOKENS),
                hidden,
                whole("intermediate_size", qwen ? 22_016 : family == ModelFamily.MISTRAL ? 14_336 : 11_008, WIDEST),
                layers,
                heads,
                keyValueHeads,
                headDimension,
                maxPositions,
                activation("hidden_act", "silu"),
                true,
                positive("rms_norm_eps", 1e-6),
                head == ModelHead.CAUSAL_LANGUAGE_MODEL && flag("tie_word_embeddings", false),
                family == ModelFamily.QWEN2 || attentionBias,
                family != ModelFamily.QWEN2 && attentionBias,
                family == ModelFamily.LLAMA && flag("mlp_bias", false),
                family == ModelFamily.QWEN3,
                Optional.of(new RopeReader(json, headDimension, maxPositions).rope()),
                Collections.nCopies(layers, 1 / Math.sqrt(headDimension)),
                slidingWindows(family, layers),
                labels(head),
                token("bos_token_id", qwen ? null : 1),
                eosTokens(qwen ? null : 2),
                token("pad_token_id", null),
                dtype(),
                positiveOrZero("initializer_range", 0.02),
                json);
    }

    private ModelConfig gpt2(ModelHead head) {
        if (flag("add_cross_attention", false)) {
            throw new CheckpointException(
                    "add_cross_attention is true; only decoders without an encoder are supported");
        }
        int hidden = whole("n_embd", "hidden_size", 768, WIDEST);
        int heads = whole("n_head", "num_attention_heads", 12, MOST_HEADS);
        int layers = whole("n_layer", "num_hidden_layers", 12, MOST_LAYERS);
        if (hidden % heads != 0) {
            throw new CheckpointException(
                    "n_embd is %d, n_head is %d; the second must divide the first".formatted(hidden, heads));
        }
        return new ModelConfig(
                ModelFamily.GPT2,
                head,
                whole("vocab_size", 50_257, MOST_TOKENS),
                hidden,
                whole("n_inner", Math.multiplyExact(4, hidden), WIDEST * 4),
                layers,
                heads,
                heads,
                hidden / heads,
                whole("n_positions", "max_position_embeddings", 1024, MOST_TOKENS),
                activation("activation_function", "gelu_new"),
                false,
                positive("layer_norm_epsilon", 1e-5),
                head == ModelHead.CAUSAL_LANGUAGE_MODEL && flag("tie_word_embeddings", true),
                true,
                true,
                true,
                false,
                Optional.empty(),
                gpt2Scales(layers, hidden / heads),
                Collections.nCopies(layers, 0),
                labels(head),
                token("bos_token_id", 50_256),
                eosTokens(50_256),
                token("pad_token_id", null),
                dtype(),
                positiveOrZero("initializer_range", 0.02),
                json);
    }

    private List<Double> gpt2Scales(int layers, int headDimension) {
        double scale = flag("scale_attn_weights", true) ? 1 / Math.sqrt(headDimension) : 1;
        boolean byLayer = flag("scale_attn_by_inverse_layer_idx", false);
        List<Double> scales = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            scales.add(byLayer ? scale / (layer + 1) : scale);
        }
        return scales;
    }

    private int headDimension(ModelFamily family, int hidden, int heads) {
        if (value("head_dim") == null && family != ModelFamily.QWEN3 && hidden % heads != 0) {
            throw new CheckpointException(
                    "hidden_size is %d, num_attention_heads is %d; the second must divide the first"
                            .formatted(hidden, heads));
        }
        return whole("head_dim", family == ModelFamily.QWEN3 ? 128 : hidden / heads, WIDEST);
    }

    private static int maxPositions(ModelFamily family) {
        return switch (family) {
            case LLAMA -> 2048;
            case MISTRAL -> 131_072;
            default -> 32_768;
        };
    }

    /**
     * Mistral's window holds in every layer; Qwen's only where asked for, above {@code max_window_layers} or where {@code layer_types} say.
     * Types that say otherwise than the rest are refused.
     */
    private List<Integer> slidingWindows(ModelFamily family, int layers) {
        if (family == ModelFamily.LLAMA) {
            return Collections.nCopies(layers, 0);
        }
        boolean everywhere = family == ModelFamily.MISTRAL;
        boolean none = json.has("sliding_window") && json.get("sliding_window").isNull()
                || !everywhere && !flag("use_sliding_window", false);
        int window = none ? 0 : whole("sliding_window", 4096, MOST_TOKENS);
        int first = everywhere ? 0 : wholeFrom(0, "max_window_layers", 28, Integer.MAX_VALUE);
        JsonNode types = value("layer_types");
        if (types != null && types.size() != layers) {
            throw new CheckpointException("layer_types has %d entries for %d layers".formatted(types.size(), layers));
        }
        List<Integer> windows = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            boolean slides = types == null ? layer >= first : slides(types.get(layer));
            if (types != null && (slides ? window == 0 : window > 0 && everywhere)) {
                throw new CheckpointException("layer_types has %s for layer %d, but the model has %s"
                        .formatted(
                                types.get(layer),
                                layer,
                                slides ? "no sliding window" : "a sliding window in every layer"));
            }
            windows.add(slides ? window : 0);
        }
        return windows;
    }

    private static boolean slides(JsonNode type) {
        return switch (type.asText()) {
            case "sliding_attention" -> true;
            case "full_attention" -> false;
            default ->
                throw new CheckpointException(
                        "layer_types holds %s; supported are full_attention, sliding_attention".formatted(type));
        };
    }

    private int labels(ModelHead head) {
        if (head == ModelHead.CAUSAL_LANGUAGE_MODEL) {
            return 0;
        }
        return ClassLabels.read(json).size();
    }

    private OptionalInt token(String key, Integer fallback) {
        if (!json.has(key)) {
            return fallback == null ? OptionalInt.empty() : OptionalInt.of(fallback);
        }
        JsonNode id = value(key);
        return id == null || isNone(id) ? OptionalInt.empty() : OptionalInt.of(tokenId(key, id));
    }

    /** GPT-2 style configs write -1 for "none". */
    private static boolean isNone(JsonNode id) {
        return id.isIntegralNumber() && id.canConvertToInt() && id.asInt() < 0;
    }

    private List<Integer> eosTokens(Integer fallback) {
        if (!json.has("eos_token_id")) {
            return fallback == null ? List.of() : List.of(fallback);
        }
        return tokenIds(json, "eos_token_id");
    }

    /** A token id, a list of them, or null for none. */
    static List<Integer> tokenIds(ObjectNode json, String key) {
        JsonNode ids = json.get(key);
        if (ids == null || ids.isNull()) {
            return List.of();
        }
        List<Integer> tokens = new ArrayList<>();
        for (JsonNode id : ids.isArray() ? ids : List.of(ids)) {
            if (!isNone(id)) {
                tokens.add(tokenId(key, id));
            }
        }
        return tokens;
    }

    private static int tokenId(String key, JsonNode id) {
        if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0) {
            throw new CheckpointException("%s is %s; it must be a token id".formatted(key, id));
        }
        return id.asInt();
    }
}
