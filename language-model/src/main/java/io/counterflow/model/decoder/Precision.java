package io.counterflow.model.decoder;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Arrays;
import java.util.Locale;

/** Number format of matrix products and activations; weights, norms, softmax of the vocabulary and optimizer stay float32. */
public enum Precision {
    FLOAT32(6),
    BFLOAT16(15);

    private final long code;

    Precision(long code) {
        this.code = code;
    }

    @JsonValue
    public String configName() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** @throws IllegalArgumentException when there is none of that name */
    @JsonCreator
    public static Precision fromConfigName(String name) {
        return Arrays.stream(values())
                .filter(precision -> precision.name().equalsIgnoreCase(name))
                .findFirst()
                .orElseThrow(
                        () -> new IllegalArgumentException("precision '" + name + "' is none of float32, bfloat16"));
    }

    /** libtorch's number of this type (c10::ScalarType). */
    public long code() {
        return code;
    }
}
