package io.counterflow.model.checkpoint;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** The families of encoders that one configurable encoder covers, under the names that config.json uses. */
public enum EncoderFamily {
    BERT("bert", "Bert", "bert."),
    ROBERTA("roberta", "Roberta", "roberta."),
    XLM_ROBERTA("xlm-roberta", "XLMRoberta", "roberta."),
    DISTILBERT("distilbert", "DistilBert", "distilbert.");

    private final String modelType;
    private final String classPrefix;
    private final String prefix;

    EncoderFamily(String modelType, String classPrefix, String prefix) {
        this.modelType = modelType;
        this.classPrefix = classPrefix;
        this.prefix = prefix;
    }

    /** The value of {@code model_type} in config.json. */
    public String modelType() {
        return modelType;
    }

    /** The transformers class of a classifier, as {@code architectures} names it. */
    public String classifierArchitecture() {
        return classPrefix + "ForSequenceClassification";
    }

    /** What stands before the encoder's tensor names in a checkpoint with a head. */
    public String prefix() {
        return prefix;
    }

    static Optional<EncoderFamily> ofModelType(String modelType) {
        return Arrays.stream(values())
                .filter(f -> f.modelType.equals(modelType))
                .findFirst();
    }

    static String modelTypes() {
        return Arrays.stream(values()).map(EncoderFamily::modelType).collect(Collectors.joining(", "));
    }
}
