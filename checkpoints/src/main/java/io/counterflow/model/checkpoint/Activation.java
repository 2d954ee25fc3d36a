package io.counterflow.model.checkpoint;

import java.util.Optional;

/** The non-linearity of the feed-forward layers. */
public enum Activation {
    /** x · sigmoid(x). */
    SILU,
    /** x · Φ(x) with the error function. */
    GELU,
    /** The tanh approximation of {@link #GELU}, which GPT-2 uses. */
    GELU_TANH,
    /** max(x, 0). */
    RELU;

    /** The activation that transformers knows by this name. */
    static Optional<Activation> ofName(String name) {
        return switch (name) {
            case "silu", "swish" -> Optional.of(SILU);
            case "gelu", "gelu_python" -> Optional.of(GELU);
            case "gelu_new", "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_fast", "gelu_accurate" ->
                Optional.of(GELU_TANH);
            case "relu" -> Optional.of(RELU);
            default -> Optional.empty();
        };
    }

    static String names() {
        return "silu, swish, gelu, gelu_new, gelu_pytorch_tanh, gelu_fast, relu";
    }
}
