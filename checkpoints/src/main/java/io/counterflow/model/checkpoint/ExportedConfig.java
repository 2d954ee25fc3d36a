package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;

/**
 * What config.json says of a classifier whose computation comes as a graph of its own (ONNX, TorchScript), whatever its architecture.
 *
 * @param labels in order of their ids
 * @param context most tokens of an input
 * @param padTokenId the token that fills up a batch; masked, so that its value hardly matters
 */
public record ExportedConfig(List<String> labels, int context, int padTokenId) {

    /**
     * Reads the config.json of a folder.
     *
     * @throws CheckpointException if there is none, or it does not say how long an input may be
     */
    public static ExportedConfig read(Path folder) {
        Path file = folder.resolve(ModelConfig.FILE_NAME);
        ObjectNode json = JsonFiles.read(file);
        try {
            ConfigValues values = new ConfigValues(json);
            int context = EncoderConfig.isIn(folder)
                    ? EncoderConfig.of(json).context()
                    : values.wholeFrom(0, "max_position_embeddings", 0, ConfigValues.MOST_TOKENS);
            if (context == 0) {
                throw new CheckpointException(
                        "max_position_embeddings is missing; it must say how many tokens an input may have");
            }
            return new ExportedConfig(
                    ClassLabels.read(json), context, values.wholeFrom(0, "pad_token_id", 0, ConfigValues.MOST_TOKENS));
        } catch (CheckpointException e) {
            throw new CheckpointException("%s: %s".formatted(file, e.getMessage()), e);
        }
    }
}
