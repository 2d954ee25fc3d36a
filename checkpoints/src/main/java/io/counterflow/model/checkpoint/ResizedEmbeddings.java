package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.safetensors.SafetensorsFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Embeddings that were given rows for added tokens before an adapter was trained, and that PEFT therefore saves with it, whole. */
final class ResizedEmbeddings {
    private ResizedEmbeddings() {}

    /**
     * What a base becomes with an adapter on it that brings embeddings of another size, and of a language model its output projection too: a model
     * of that vocabulary. With any other adapter, what it is.
     */
    static ModelConfig on(ModelConfig base, Path adapter) {
        try (SafetensorsFile file = AdapterTensors.open(adapter)) {
            AdapterNames names = AdapterNames.of(file);
            Optional<List<Long>> embedding = names.stored(TensorLayout.embedding(base))
                    .map(stored -> file.tensor(stored).shape());
            Optional<List<Long>> output = names.stored(TensorLayout.OUTPUT)
                    .map(stored -> file.tensor(stored).shape());
            boolean whole = base.head() == ModelHead.SEQUENCE_CLASSIFICATION
                    || !base.tiedEmbeddings() && output.equals(embedding);
            return embedding
                    .filter(shape -> whole && shape.size() == 2 && shape.get(0) != base.vocabularySize())
                    .filter(shape -> shape.get(0) > 0 && shape.get(0) <= ConfigValues.MOST_TOKENS)
                    .map(shape -> {
                        ObjectNode json = base.json();
                        json.put("vocab_size", shape.get(0).intValue());
                        ModelConfig resized = ModelConfig.of(json);
                        return base.tiedEmbeddings() ? resized : resized.untied();
                    })
                    .orElse(base);
        }
    }
}
