package io.counterflow.model.checkpoint;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;

/**
 * What {@code generation_config.json} says of how a model is sampled, as far as it is heeded.
 *
 * @param eosTokenIds the tokens that end a sequence; empty where the file leaves that to config.json
 */
public record GenerationConfig(List<Integer> eosTokenIds) {

    /** Name of the file in a checkpoint's folder. */
    public static final String FILE_NAME = "generation_config.json";

    public GenerationConfig {
        eosTokenIds = List.copyOf(requireNonNull(eosTokenIds, "eosTokenIds is null"));
    }

    /**
     * Reads the file, which a checkpoint need not have.
     *
     * @throws CheckpointException if it is no JSON object, or names an end that is no token id
     */
    public static GenerationConfig read(Path folder) {
        Path file = folder.resolve(FILE_NAME);
        if (!Files.exists(file)) {
            return new GenerationConfig(List.of());
        }
        ObjectNode json = JsonFiles.read(file);
        try {
            return new GenerationConfig(ModelConfigReader.tokenIds(json, "eos_token_id"));
        } catch (CheckpointException e) {
            throw new CheckpointException("%s: %s".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * The tokens that end a completion: those of this file where it names any, as in transformers, else those of the configuration. Those
     * that the configuration names too come first.
     */
    public List<Integer> endTokens(ModelConfig config) {
        return eosTokenIds.isEmpty()
                ? config.eosTokenIds()
                : eosTokenIds.stream()
                        .sorted(Comparator.comparing(id -> !config.eosTokenIds().contains(id)))
                        .toList();
    }
}
