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

    RopeReader(ObjectNode config) {
        this.config = config;
    }

    Rope rope() {
        JsonNode parameters = object("rope_parameters");
        JsonNode scaling = parameters == null ? object("rope_scaling") : parameters;
        double theta = number(parameters, "rope_theta", number(config, "rope_theta", DEFAULT_THETA));
        double rotated = number(scaling, "partial_rotary_factor", number(config, "partial_rotary_factor", 1));
        if (rotated != 1) {
            throw new CheckpointException(
                    "partial_rotary_factor is %s; only heads that are rotated whole (1) are supported"
                            .formatted(rotated));
        }
        return new Rope(theta, scaling(scaling));
    }

    private Rope.Scaling scaling(JsonNode json) {
        if (json == null) {
            return new Rope.Unscaled();
        }
        String type = json.path("rope_type").asText(json.path("type").asText("default"));
        return switch (type) {
            case "default" -> new Rope.Unscaled();
            case "linear" -> new Rope.Linear(required(json, type, "factor"));
            case "llama3" ->
                new Rope.Llama3(
                        required(json, type, "factor"),
                        required(json, type, "low_freq_factor"),
                        required(json, type, "high_freq_factor"),
                        originalContext(json));
            default ->
                throw new CheckpointException(
                        "the rope type %s is not supported; supported are default, linear, llama3".formatted(type));
        };
    }

    private int originalContext(JsonNode json) {
        double tokens = number(
                json,
                "original_max_position_embeddings",
                number(
                        config,
                        "original_max_position_embeddings",
                        number(config, "max_position_embeddings", Double.NaN)));
        if (!(tokens >= 1 && tokens <= Integer.MAX_VALUE)) {
            throw new CheckpointException(
                    "original_max_position_embeddings is %s; it must be a number of tokens".formatted(tokens));
        }
        return (int) tokens;
    }

    private JsonNode object(String key) {
        JsonNode object = config.get(key);
        if (object == null || object.isNull()) {
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
