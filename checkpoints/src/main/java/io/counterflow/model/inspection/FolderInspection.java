package io.counterflow.model.inspection;

import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.ClassLabels;
import io.counterflow.model.checkpoint.EncoderConfig;
import io.counterflow.model.checkpoint.ExportedGraph;
import io.counterflow.model.checkpoint.ForeignWeights;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.tokenizer.Tokenizer;
import io.counterflow.model.tokenizer.chat.ChatTemplate;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** Looks at folders with models: configuration, names and shapes of the weights, tokenizer, chat template. */
public final class FolderInspection {

    private FolderInspection() {}

    /**
     * A language model that could be loaded.
     *
     * @param config of the whole weights
     * @param chatTemplate whether there is one
     */
    public record Policy(ModelConfig config, boolean chatTemplate) {
        public Policy {
            Objects.requireNonNull(config, "config");
        }
    }

    /**
     * A classifier that could be loaded.
     *
     * @param labels in order of their ids; empty where only the loaded model tells them
     * @param chatTemplate whether there is one
     */
    public record Classifier(Optional<List<String>> labels, boolean chatTemplate) {
        public Classifier {
            Objects.requireNonNull(labels, "labels");
        }
    }

    /**
     * Looks at a language model's folder, or an adapter's and its base's.
     *
     * @throws CheckpointException where something is missing, broken or does not fit
     * @throws io.counterflow.model.tokenizer.TokenizerException likewise, of the tokenizer
     */
    public static Policy policy(Path folder) {
        requireFolder(folder);
        CheckpointParts parts = CheckpointParts.of(folder);
        ModelConfig config = parts.config();
        if (config.head() == ModelHead.SEQUENCE_CLASSIFICATION) {
            throw new CheckpointException("%s holds a classifier, and a policy is a language model".formatted(folder));
        }
        requireWeights(parts, config);
        return new Policy(config, tokenizer(parts.tokenizerFolder(), config.vocabularySize()));
    }

    /**
     * Looks at a classifier's folder.
     *
     * @throws CheckpointException where something is missing, broken or does not fit
     * @throws io.counterflow.model.tokenizer.TokenizerException likewise, of the tokenizer
     */
    public static Classifier classifier(Path folder) {
        requireFolder(folder);
        if (CheckpointParts.isAdapter(folder)) {
            CheckpointParts parts = CheckpointParts.of(folder);
            ModelConfig config = parts.config();
            if (config.head() != ModelHead.SEQUENCE_CLASSIFICATION) {
                throw new CheckpointException(
                        "%s holds an adapter of a language model, and a scorer needs a classifier".formatted(folder));
            }
            requireWeights(parts, config);
            return new Classifier(
                    Optional.of(ClassLabels.read(config.json())),
                    tokenizer(parts.tokenizerFolder(), config.vocabularySize()));
        }
        if (ExportedGraph.find(folder).isPresent()) {
            return new Classifier(Optional.empty(), hasTemplate(folder));
        }
        if (EncoderConfig.isIn(folder)) {
            EncoderConfig config = EncoderConfig.read(folder);
            CheckpointTensors.open(folder, config).close();
            return new Classifier(Optional.of(config.labels()), tokenizer(folder, config.vocabularySize()));
        }
        ModelConfig config = ModelConfig.read(folder);
        if (config.head() != ModelHead.SEQUENCE_CLASSIFICATION) {
            throw new CheckpointException(
                    ("%s holds a language model, and a scorer needs a classifier; 'counterflow train-scorer' makes one"
                                    + " of it")
                            .formatted(folder));
        }
        CheckpointTensors.open(folder, config).close();
        return new Classifier(Optional.of(ClassLabels.read(config.json())), tokenizer(folder, config.vocabularySize()));
    }

    private static void requireWeights(CheckpointParts parts, ModelConfig together) {
        CheckpointTensors.open(parts.base(), ModelConfig.read(parts.base())).close();
        parts.adapter().ifPresent(adapter -> AdapterTensors.read(adapter, together));
    }

    /** Reads the tokenizer; says whether there is a chat template beside it. */
    private static boolean tokenizer(Path folder, int vocabularySize) {
        try (Tokenizer tokenizer = Tokenizer.load(folder, vocabularySize)) {
            return hasTemplate(tokenizer.file().toAbsolutePath().getParent());
        }
    }

    private static boolean hasTemplate(Path folder) {
        return ChatTemplate.read(folder).isPresent();
    }

    private static void requireFolder(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new CheckpointException(
                    Files.exists(folder)
                            ? ForeignWeights.describeFile(folder)
                            : "there is no folder %s".formatted(folder));
        }
    }
}
