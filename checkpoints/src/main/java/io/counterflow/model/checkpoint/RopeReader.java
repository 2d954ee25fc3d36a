package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Reads the rotary embedding of config.json: {@code rope_parameters} as transformers 5 writes it, or the older
 * {@code rope_theta} with {@code rope_scaling}.
 */
final class RopeReader {
    private static final double DEFAULT_THETA = 10_000;

    private final ObjectNode config;
    private final int headDimension;
    private final int maxPositions;

    RopeReader(ObjectNode config, int headDimension, int maxPositions) {
        this.config = config;
        this.headDimension = headDimension;
        this.maxPositions = maxPositions;
    }

    Rope rope() {
        // A file with both is read as transformers reads it.
        JsonNode parameters = object("rope_scaling");
        if (parameters == null) {
            parameters = object("rope_parameters");
        }
        double theta = number(parameters, "rope_theta", number(config, "rope_theta", DEFAULT_THETA));
        double rotated = number(parameters, "partial_rotary_factor", number(config, "partial_rotary_factor", 1));
        if (rotated != 1) {
            throw new CheckpointException(
                    "partial_rotary_factor is %s; only heads that are rotated whole (1) are supported"
                            .formatted(rotated));
        }
        return new Rope(theta, scaling(parameters, theta));
    }

    private Rope.Scaling scaling(JsonNode json, double theta) {
        if (json == null) {
            return new Rope.Unscaled();
        }
        String type = json.path("rope_type").asText(json.path("type").asText("default"));
        return switch (type) {
            // Dynamic scaling begins beyond max_position_embeddings, which no sequence here is longer than.
            case "default", "dynamic" -> new Rope.Unscaled();
            case "linear" -> new Rope.Linear(required(json, type, "factor"));
            case "llama3" ->
                new Rope.Llama3(
                        required(json, type, "factor"),
                        required(json, type, "low_freq_factor"),
                        required(json, type, "high_freq_factor"),
                        originalContext(json));
            case "yarn" -> yarn(json, required(json, type, "factor"), theta);
            default ->
                throw new CheckpointException(
                        "the rope type %s is not supported; supported are default, linear, dynamic, yarn, llama3"
                                .formatted(type));
        };
    }

    private Rope.Yarn yarn(JsonNode json, double factor, double theta) {
        double scale = number(json, "mscale", 0);
        double scaleOfAll = number(json, "mscale_all_dim", 0);
        double magnitude = scale != 0 && scaleOfAll != 0
                ? magnitude(factor, scale) / magnitude(factor, scaleOfAll)
                : magnitude(factor, 1);
        return Rope.Yarn.of(
                factor,
                number(json, "beta_fast", 32),
                number(json, "beta_slow", 1),
                truncates(json),
                number(json, "attention_factor", magnitude),
                originalContext(json),
                headDimension,
                theta);
    }

    /** A null is Python's None there, which is not true. */
    private static boolean truncates(JsonNode json) {
        JsonNode truncate = json.path("truncate");
        if (!truncate.isMissingNode() && !truncate.isNull() && !truncate.isBoolean()) {
            throw new CheckpointException("truncate is %s; it must be true or false".formatted(truncate));
        }
        return truncate.isMissingNode() || truncate.asBoolean();
    }

    private static double magnitude(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    private int originalContext(JsonNode json) {
        double tokens = number(
                config,
                "original_max_position_embeddings",
                number(json, "original_max_position_embeddings", maxPositions));
        if (!(tokens >= 1 && tokens <= Integer.MAX_VALUE && tokens == Math.rint(tokens))) {
            throw new CheckpointException(
                    "original_max_position_embeddings is %s; it must be a whole number of tokens".formatted(tokens));
        }
        return (int) tokens;
    }

    private JsonNode object(String key) {
        JsonNode object = config.get(key);
        if (object == null || object.isNull() || object.isObject() && object.isEmpty()) {
            return null;
        }
        if (!object.isObject()
                || object.properties().stream().anyMatch(e -> e.getValue().isObject())) {
            throw new CheckpointException(
                    "%s is not one set of parameters for all layers, which is the only form supported".formatted(key));
        }
        return object;
    }

    private static double required(JsonNode json, String type, String key) {
        double number = number(json, key, Double.NaN);
        if (Double.isNaN(number)) {
            throw new CheckpointException("the rope type %s needs %s, which is missing".formatted(type, key));
        }
        return number;
    }

    private static double number(JsonNode json, String key, double fallback) {
        JsonNode number = json == null ? null : json.get(key);
        if (number == null || number.isNull()) {
            return fallback;
        }
        if (!number.isNumber()) {
            throw new CheckpointException("%s is %s; it must be a number".formatted(key, number));
        }
        return number.asDouble();
    }
}
