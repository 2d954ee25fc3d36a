package io.counterflow.model.checkpoint;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The families of decoders that one configurable decoder covers, under the names that config.json uses.
 *
 * <p>SmolLM, Llama 2 and Llama 3 are all {@code llama}; Qwen2.5 is {@code qwen2}.
 */
public enum ModelFamily {
    LLAMA("llama", "Llama", "LlamaForCausalLM"),
    MISTRAL("mistral", "Mistral", "MistralForCausalLM"),
    QWEN2("qwen2", "Qwen2", "Qwen2ForCausalLM"),
    QWEN3("qwen3", "Qwen3", "Qwen3ForCausalLM"),
    GPT2("gpt2", "GPT2", "GPT2LMHeadModel");

    private final String modelType;
    private final String classPrefix;
    private final String causalArchitecture;

    ModelFamily(String modelType, String classPrefix, String causalArchitecture) {
        this.modelType = modelType;
        this.classPrefix = classPrefix;
        this.causalArchitecture = causalArchitecture;
    }

    /** The value of {@code model_type} in config.json. */
    public String modelType() {
        return modelType;
    }

    /** The transformers class of a model with this head, as {@code architectures} names it. */
    public String architecture(ModelHead head) {
        return switch (head) {
            case CAUSAL_LANGUAGE_MODEL -> causalArchitecture;
            case SEQUENCE_CLASSIFICATION -> classPrefix + "ForSequenceClassification";
        };
    }

    /** What stands before the decoder's tensor names in a checkpoint, such as {@code model.}. */
    public String prefix() {
        return this == GPT2 ? "transformer." : "model.";
    }

    static Optional<ModelFamily> ofModelType(String modelType) {
        return Arrays.stream(values())
                .filter(f -> f.modelType.equals(modelType))
                .findFirst();
    }

    static String modelTypes() {
        return Arrays.stream(values()).map(ModelFamily::modelType).collect(Collectors.joining(", "));
    }

    List<String> architectures() {
        return Arrays.stream(ModelHead.values()).map(this::architecture).toList();
    }
}
