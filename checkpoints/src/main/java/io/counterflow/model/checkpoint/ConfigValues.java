package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.safetensors.TensorType;
import java.util.Optional;

/** Reads the entries of a config.json, with one-line errors for what cannot be right. */
class ConfigValues {
    // Well above the largest published models; a corrupt number must not become an allocation.
    static final int MOST_LAYERS = 4096;
    static final int MOST_HEADS = 65_536;
    static final int WIDEST = 1 << 24;
    static final int MOST_TOKENS = 1 << 28;

    final ObjectNode json;

    ConfigValues(ObjectNode json) {
        this.json = json;
    }

    Activation activation(String key, String fallback) {
        String name = text(key).orElse(fallback);
        return Activation.ofName(name)
                .orElseThrow(() -> new CheckpointException(
                        "%s is %s, which is not supported; supported are %s".formatted(key, name, Activation.names())));
    }

    Optional<TensorType> dtype() {
        Optional<String> name = text("dtype").or(() -> text("torch_dtype")).filter(n -> !n.equals("auto"));
        return name.map(n -> TensorType.ofTorchName(n)
                .orElseThrow(() -> new CheckpointException(
                        "dtype is %s; supported are float32, float16, bfloat16, float64".formatted(n))));
    }

    /** Weights that were quantised are other numbers under other names. */
    void refuseQuantised() {
        JsonNode transformers = value("quantization_config");
        if (transformers != null) {
            String method = transformers.path("quant_method").asText();
            boolean bitsAndBytes = method.equals("bitsandbytes")
                    || transformers.has("load_in_4bit")
                    || transformers.has("load_in_8bit");
            throw new CheckpointException("quantization_config is set: quantised weights (%s) are not supported; %s"
                    .formatted(
                            method.isEmpty() ? bitsAndBytes ? "bitsandbytes" : "method not named" : method,
                            bitsAndBytes
                                    ? "use the checkpoint that they were made from, or write them again in Python:"
                                            + " AutoModelForCausalLM.from_pretrained(FOLDER).dequantize().save_pretrained(NEW-FOLDER)"
                                    : "use the checkpoint that they were made from"));
        }
        JsonNode mlx = value("quantization");
        if (mlx != null) {
            throw new CheckpointException(
                    "quantization is %s: quantised weights (MLX) are not supported; use the checkpoint that they were made from, or write them again: mlx_lm.convert --dequantize"
                            .formatted(mlx));
        }
    }

    int whole(String key, int fallback, int most) {
        return wholeFrom(1, key, fallback, most);
    }

    int whole(String key, String otherKey, int fallback, int most) {
        return whole(value(key) == null ? otherKey : key, fallback, most);
    }

    int wholeFrom(int least, String key, int fallback, int most) {
        JsonNode number = value(key);
        if (number == null) {
            return fallback;
        }
        if (!number.isIntegralNumber()
                || !number.canConvertToInt()
                || number.asInt() < least
                || number.asInt() > most) {
            throw new CheckpointException(
                    "%s is %s; it must be a whole number from %d to %d".formatted(key, number, least, most));
        }
        return number.asInt();
    }

    double positive(String key, double fallback) {
        double number = positiveOrZero(key, fallback);
        if (number == 0) {
            throw new CheckpointException("%s is 0; it must be positive".formatted(key));
        }
        return number;
    }

    double positiveOrZero(String key, double fallback) {
        JsonNode number = value(key);
        if (number == null) {
            return fallback;
        }
        if (!number.isNumber() || !Double.isFinite(number.asDouble()) || number.asDouble() < 0) {
            throw new CheckpointException("%s is %s; it must be a number of at least 0".formatted(key, number));
        }
        return number.asDouble();
    }

    boolean flag(String key, boolean fallback) {
        JsonNode flag = value(key);
        if (flag == null) {
            return fallback;
        }
        if (!flag.isBoolean()) {
            throw new CheckpointException("%s is %s; it must be true or false".formatted(key, flag));
        }
        return flag.asBoolean();
    }

    Optional<String> text(String key) {
        JsonNode text = value(key);
        if (text != null && !text.isTextual()) {
            throw new CheckpointException("%s is %s; it must be text".formatted(key, text));
        }
        return Optional.ofNullable(text).map(JsonNode::asText);
    }

    JsonNode value(String key) {
        JsonNode value = json.get(key);
        return value == null || value.isNull() ? null : value;
    }
}
