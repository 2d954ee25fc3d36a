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
    private static final String TOKENIZER = "tokenizer.json";

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
     * @throws CheckpointException if it holds an adapter whose base is not where its configuration says, nor beside it, or is an adapter
     *     itself
     */
    public static CheckpointParts of(Path folder) {
        if (!isAdapter(folder)) {
            return new CheckpointParts(folder, Optional.empty());
        }
        AdapterConfig config = AdapterConfig.read(folder);
        return config.baseFolder(folder, List.of())
                .map(base -> new CheckpointParts(base, Optional.of(folder)))
                .orElseThrow(() -> new CheckpointException(withoutBase(config, folder)));
    }

    /** What to say of an adapter whose base was not found. */
    public static String withoutBase(AdapterConfig config, Path adapter) {
        String name = config.baseModel().orElse("");
        if (name.isEmpty()) {
            return "the adapter in %s names no base model; 'counterflow model merge --base MODEL' makes one checkpoint of both"
                    .formatted(adapter);
        }
        return config.adapterBelow(adapter)
                .map(below ->
                        ("the base model \"%s\" of the adapter in %s is itself a LoRA adapter; merge that into its base first"
                                        + " ('counterflow model merge %s NEW-FOLDER'), then this one with --base NEW-FOLDER")
                                .formatted(name, adapter, below))
                .orElseGet(() ->
                        ("the base model \"%s\" of the adapter in %s is no folder here and in no cache of the hub;"
                                        + " 'counterflow model merge --base MODEL' makes one checkpoint of both")
                                .formatted(name, adapter));
    }

    /**
     * Configuration of what the parts make together: that of the base, or of the classifier that an adapter with a head makes of it, with the
     * vocabulary of embeddings that the adapter brings.
     *
     * @throws CheckpointException as {@link ModelConfig#read} and {@link ClassifierHead#on}
     */
    public ModelConfig config() {
        if (adapter.isPresent() && EncoderConfig.isIn(base)) {
            throw new CheckpointException(
                    ("the adapter in %s is of an encoder (%s); adapters are computed on decoders: have PEFT merge it"
                                    + " (merge_and_unload, save_pretrained) and use what that writes")
                            .formatted(adapter.get(), base));
        }
        ModelConfig config = ModelConfig.read(base);
        return adapter.map(folder -> ResizedEmbeddings.on(ClassifierHead.on(config, folder), folder))
                .orElse(config);
    }

    /**
     * The folder of tokenizer and chat template: the adapter's where it brings them, as transformers reads them from there, else the base's.
     *
     * @throws CheckpointException if the adapter brings files of a tokenizer, but no tokenizer.json
     */
    public Path tokenizerFolder() {
        return adapter.filter(CheckpointParts::bringsTokenizer).orElse(base);
    }

    private static boolean bringsTokenizer(Path adapter) {
        if (Files.exists(adapter.resolve(TOKENIZER))) {
            return true;
        }
        CheckpointWriter.TOKENIZER_FILES.stream()
                .filter(name -> Files.exists(adapter.resolve(name)))
                .findFirst()
                .ifPresent(name -> {
                    throw new CheckpointException(
                            ("the adapter in %s brings %s, but no %s; save its tokenizer there with transformers (save_pretrained),"
                                            + " or take that file away to use the tokenizer of its base")
                                    .formatted(adapter, name, TOKENIZER));
                });
        return false;
    }
}
