package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** The head of a decoder's sequence classifier, which an adapter may bring along: PEFT trains it whole beside the factors. */
public final class ClassifierHead {
    /** Name of its one tensor, [labels, hidden size]. */
    public static final String TENSOR = "score.weight";

    private ClassifierHead() {}

    /**
     * What a base becomes with an adapter on it: a classifier with as many labels as the adapter's head has rows, as transformers makes of it
     * with {@code num_labels}; with an adapter that brings no head, what it is.
     *
     * @param base a language model or a classifier
     * @throws CheckpointException if the adapter is of a classifier, but neither it nor the base has a head
     */
    static ModelConfig on(ModelConfig base, Path adapter) {
        Optional<List<Long>> shape = shape(adapter);
        if (shape.isEmpty()) {
            if (AdapterConfig.read(adapter).isOfClassifier() && base.head() == ModelHead.CAUSAL_LANGUAGE_MODEL) {
                throw new CheckpointException(
                        ("the adapter in %s is of a sequence classifier (task_type SEQ_CLS), but brings no %s, and its base is a"
                                        + " language model, which has none either; merge it with --base and the classifier that it was trained on")
                                .formatted(adapter, TENSOR));
            }
            return base;
        }
        List<String> labels = ClassLabels.read(base.json());
        long rows = shape.get().isEmpty() ? 0 : shape.get().get(0);
        if (base.head() == ModelHead.SEQUENCE_CLASSIFICATION && labels.size() == rows) {
            return base;
        }
        if (shape.get().size() != 2 || rows < 1 || rows > ClassLabels.MOST) {
            throw new CheckpointException("the adapter in %s has a %s of the shape %s; (labels, %d) is needed"
                    .formatted(adapter, TENSOR, shape.get(), base.hiddenSize()));
        }
        ObjectNode json = base.json();
        json.putArray("architectures").add(base.family().architecture(ModelHead.SEQUENCE_CLASSIFICATION));
        ClassLabels.write(
                labels.size() == rows
                        ? labels
                        : IntStream.range(0, (int) rows)
                                .mapToObj(id -> "LABEL_" + id)
                                .toList(),
                json);
        return ModelConfig.of(json);
    }

    /** Whether a tensor is one of the network below the heads of classifiers and of language models. */
    public static boolean isBelow(Tensor tensor) {
        return isBelow(tensor.info().name());
    }

    /** The same, of its name. */
    public static boolean isBelow(String tensor) {
        return !tensor.equals(TENSOR) && !tensor.equals(TensorLayout.OUTPUT);
    }

    private static Optional<List<Long>> shape(Path adapter) {
        try (SafetensorsFile file = AdapterTensors.open(adapter)) {
            AdapterNames names = AdapterNames.of(file);
            return names.stored(TENSOR)
                    .or(() -> names.stored(AdapterNames.inBaseLayer(TENSOR)))
                    .map(stored -> file.tensor(stored).shape());
        }
    }
}
