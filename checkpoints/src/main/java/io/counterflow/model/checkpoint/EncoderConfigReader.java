package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/**
 * Turns config.json into an {@link EncoderConfig}, with the defaults of transformers, and a clear refusal of whatever the encoder does
 * not compute.
 */
final class EncoderConfigReader extends ConfigValues {

    EncoderConfigReader(ObjectNode json) {
        super(json);
    }

    EncoderConfig config() {
        String modelType = text("model_type")
                .orElseThrow(() -> new CheckpointException(
                        "model_type is missing; supported encoders are " + EncoderFamily.modelTypes()));
        EncoderFamily family = EncoderFamily.ofModelType(modelType)
                .orElseThrow(
                        () -> new CheckpointException("the model type %s is not supported; supported encoders are %s"
                                .formatted(modelType, EncoderFamily.modelTypes())));
        refuseQuantised();
        refuseFlag("is_decoder", "only bidirectional encoders are supported");
        refuseFlag("add_cross_attention", "only encoders alone are supported");
        String positions = text("position_embedding_type").orElse("absolute");
        if (!positions.equals("absolute")) {
            throw new CheckpointException("position_embedding_type is %s, which is not supported; supported is absolute"
                    .formatted(positions));
        }
        return family == EncoderFamily.DISTILBERT ? distilBert(family) : bert(family);
    }

    private void refuseFlag(String key, String reason) {
        if (flag(key, false)) {
            throw new CheckpointException("%s is true; %s".formatted(key, reason));
        }
    }

    private EncoderConfig bert(EncoderFamily family) {
        boolean roberta = family != EncoderFamily.BERT;
        return new EncoderConfig(
                family,
                whole("vocab_size", roberta ? 50_265 : 30_522, MOST_TOKENS),
                whole("hidden_size", 768, WIDEST),
                whole("intermediate_size", 3072, WIDEST),
                whole("num_hidden_layers", 12, MOST_LAYERS),
                whole("num_attention_heads", 12, MOST_HEADS),
                whole("max_position_embeddings", 512, MOST_TOKENS),
                roberta ? wholeFrom(0, "pad_token_id", 1, MOST_TOKENS) + 1 : 0,
                whole("type_vocab_size", 2, MOST_TOKENS),
                activation("hidden_act", "gelu"),
                positive("layer_norm_eps", 1e-12),
                labels(family),
                dtype(),
                positiveOrZero("initializer_range", 0.02),
                json);
    }

    private EncoderConfig distilBert(EncoderFamily family) {
        return new EncoderConfig(
                family,
                whole("vocab_size", 30_522, MOST_TOKENS),
                whole("dim", "hidden_size", 768, WIDEST),
                whole("hidden_dim", "intermediate_size", 3072, WIDEST),
                whole("n_layers", "num_hidden_layers", 6, MOST_LAYERS),
                whole("n_heads", "num_attention_heads", 12, MOST_HEADS),
                whole("max_position_embeddings", 512, MOST_TOKENS),
                0,
                0,
                activation("activation", "gelu"),
                1e-12,
                labels(family),
                dtype(),
                positiveOrZero("initializer_range", 0.02),
                json);
    }

    private List<String> labels(EncoderFamily family) {
        JsonNode architectures = value("architectures");
        if (architectures != null) {
            for (JsonNode architecture : architectures) {
                if (architecture.asText().equals(family.classifierArchitecture())) {
                    return ClassLabels.read(json);
                }
            }
        }
        return List.of();
    }
}
