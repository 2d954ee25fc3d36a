package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What a folder that a model is loaded from consists of: a whole checkpoint, or an adapter and the base that it names.
 *
 * @param base folder with configuration, weights and tokenizer
 * @param adapter folder of the adapter that belongs on it
 */
public record CheckpointParts(Path base, Optional<Path> adapter) {

    public CheckpointParts {
        requireNonNull(base, "base is null");
        requireNonNull(adapter, "adapter is null");
    }

    /** Whether a folder holds an adapter and no model of its own. */
    public static boolean isAdapter(Path folder) {
        return AdapterConfig.isIn(folder) && !Files.exists(folder.resolve(ModelConfig.FILE_NAME));
    }

    /**
     * Of a folder.
     *
     * @throws CheckpointException if it holds an adapter whose base is not where its configuration says, nor beside it
     */
    public static CheckpointParts of(Path folder) {
        if (!isAdapter(folder)) {
            return new CheckpointParts(folder, Optional.empty());
        }
        AdapterConfig config = AdapterConfig.read(folder);
        return config.baseFolder(folder, List.of())
                .map(base -> new CheckpointParts(base, Optional.of(folder)))
                .orElseThrow(() -> new CheckpointException(
                        ("the base model \"%s\" of the adapter in %s is no folder here and in no"
                                        + " cache of the hub;"
                                        + " 'counterflow model merge --base MODEL' makes one checkpoint of both")
                                .formatted(config.baseModel().orElse(""), folder)));
    }
}
