package io.counterflow.model.checkpoint;

import io.counterflow.model.safetensors.SafetensorsException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

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
            boolean same = MessageDigest.isEqual(
                    digest(tensors, TensorLayout.embedding(config)), digest(tensors, TensorLayout.OUTPUT));
            return same ? config : untied;
        } catch (CheckpointException | SafetensorsException e) {
            // Nearly always there is no output projection. What else may be wrong is said where the weights are opened
            // to be used.
            return config;
        }
    }

    private static byte[] digest(CheckpointTensors tensors, String name) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            tensors.floats(name, (at, piece) -> {
                ByteBuffer bytes = ByteBuffer.allocate(piece.length * Float.BYTES);
                bytes.asFloatBuffer().put(piece);
                digest.update(bytes);
            });
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
