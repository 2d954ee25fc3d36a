package io.counterflow.model.checkpoint;

import io.counterflow.model.safetensors.SafetensorsException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Whether weights bear out a {@code tie_word_embeddings: true}. Where a checkpoint holds an output projection beside the token embedding
 * and the two differ, transformers keeps both and ignores the key, and so do we.
 */
final class TiedEmbeddings {
    private TiedEmbeddings() {}

    /** The configuration as the weights in a folder bear it out; unchanged where there are none, or none that can be read. */
    static ModelConfig check(ModelConfig config, Path checkpoint) {
        if (!config.tiedEmbeddings()) {
            return config;
        }
        ModelConfig untied = config.untied();
        try (CheckpointTensors tensors = CheckpointTensors.open(checkpoint, untied)) {
            boolean same = same(tensors, TensorLayout.embedding(config), TensorLayout.OUTPUT);
            return same ? config : untied;
        } catch (CheckpointException | SafetensorsException e) {
            // Nearly always there is no output projection. What else may be wrong is said where the weights are opened
            // to be used.
            return config;
        }
    }

    private static boolean same(CheckpointTensors tensors, String first, String second) {
        boolean[] same = {true};
        tensors.floats(first, (at, piece) -> {
            same[0] = same[0] && Arrays.equals(piece, tensors.floats(second, at, piece.length));
        });
        return same[0];
    }
}
