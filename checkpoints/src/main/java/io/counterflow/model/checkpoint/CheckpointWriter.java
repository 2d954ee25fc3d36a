package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Writes checkpoints as transformers and vLLM read them: config.json, the weights in one file or in shards with an
 * index, and the files that belong to the tokenizer. Not atomic: who needs that writes beside and renames.
 */
public final class CheckpointWriter {
    /** Above this the weights are divided into shards: 5 GB. */
    public static final long DEFAULT_SHARD_BYTES = 5_000_000_000L;

    /** What stands beside the weights and belongs to the tokenizer. */
    static final List<String> TOKENIZER_FILES = List.of(
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "tokenizer.model",
            "vocab.txt",
            "sentencepiece.bpe.model",
            "vocab.json",
            "merges.txt",
            "chat_template.jinja",
            "chat_template.json");

    /** A folder of chat templates beside the default one. */
    private static final String CHAT_TEMPLATES = "additional_chat_templates";

    private CheckpointWriter() {}

    /**
     * Writes configuration and weights into an existing folder, replacing weights that are there.
     *
     * @param tensors the weights, under the names of {@link ModelConfig#tensors()}
     * @param shardBytes the most bytes of tensors in one file; one larger tensor gets a file of its own
     */
    public static void write(Path folder, ModelConfig config, Collection<Tensor> tensors, long shardBytes) {
        writeWeights(folder, tensors, shardBytes);
        config.write(folder);
    }

    /** As {@link #write(Path, ModelConfig, Collection)}, of an encoder. */
    public static void write(Path folder, EncoderConfig config, Collection<Tensor> tensors) {
        writeWeights(folder, tensors, DEFAULT_SHARD_BYTES);
        config.write(folder);
    }

    private static void writeWeights(Path folder, Collection<Tensor> tensors, long shardBytes) {
        if (shardBytes < 1) {
            throw new IllegalArgumentException("shardBytes is %d; it must be positive".formatted(shardBytes));
        }
        removeWeights(folder);
        List<List<Tensor>> shards = shards(tensors, shardBytes);
        if (shards.size() == 1) {
            SafetensorsWriter.write(
                    folder.resolve(CheckpointTensors.SINGLE_FILE), tensors, SafetensorsWriter.PYTORCH_METADATA);
        } else {
            writeShards(folder, shards);
        }
    }

    /** As {@link #write(Path, ModelConfig, Collection, long)} with shards of 5 GB. */
    public static void write(Path folder, ModelConfig config, Collection<Tensor> tensors) {
        write(folder, config, tensors, DEFAULT_SHARD_BYTES);
    }

    /** Copies tokenizer, chat template and generation settings, where the first folder has them. */
    public static void copyCompanions(Path from, Path to) {
        copyCompanions(from, from, to);
    }

    /**
     * The same, from two folders.
     *
     * @param tokenizer has tokenizer and chat template
     * @param model has the generation settings
     */
    public static void copyCompanions(Path tokenizer, Path model, Path to) {
        copyTokenizer(tokenizer, to);
        copy(GenerationConfig.FILE_NAME, model, to);
    }

    /** Copies tokenizer and chat template, where the first folder has them. */
    public static void copyTokenizer(Path from, Path to) {
        TOKENIZER_FILES.forEach(name -> copy(name, from, to));
        Path templates = from.resolve(CHAT_TEMPLATES);
        if (Files.isDirectory(templates)) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(templates, "*.jinja")) {
                Files.createDirectories(to.resolve(CHAT_TEMPLATES));
                files.forEach(file -> copy(CHAT_TEMPLATES + "/" + file.getFileName(), from, to));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot copy %s to %s".formatted(templates, to), e);
            }
        }
    }

    private static void copy(String name, Path from, Path to) {
        Path source = from.resolve(name);
        if (Files.exists(source)) {
            try {
                Files.copy(source, to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot copy %s to %s".formatted(source, to), e);
            }
        }
    }

    private static List<List<Tensor>> shards(Collection<Tensor> tensors, long shardBytes) {
        List<List<Tensor>> shards = new ArrayList<>();
        shards.add(new ArrayList<>());
        long used = 0;
        for (Tensor tensor : tensors) {
            long bytes = tensor.info().bytes();
            List<Tensor> last = shards.get(shards.size() - 1);
            if (!last.isEmpty() && bytes > shardBytes - used) {
                last = new ArrayList<>();
                shards.add(last);
                used = 0;
            }
            last.add(tensor);
            used += bytes;
        }
        return shards;
    }

    private static void writeShards(Path folder, List<List<Tensor>> shards) {
        Map<String, String> shardOf = new TreeMap<>();
        long total = 0;
        for (int i = 0; i < shards.size(); i++) {
            String name = "model-%05d-of-%05d.safetensors".formatted(i + 1, shards.size());
            SafetensorsWriter.write(folder.resolve(name), shards.get(i), SafetensorsWriter.PYTORCH_METADATA);
            for (Tensor tensor : shards.get(i)) {
                shardOf.put(tensor.info().name(), name);
                total += tensor.info().bytes();
            }
        }
        ObjectNode index = JsonFiles.object();
        index.putObject("metadata").put("total_size", total);
        ObjectNode map = index.putObject("weight_map");
        shardOf.forEach(map::put);
        JsonFiles.write(folder.resolve(CheckpointTensors.INDEX), index);
    }

    private static void removeWeights(Path folder) {
        try {
            List<Path> old = new ArrayList<>();
            try (var files = Files.newDirectoryStream(folder, "model*.safetensors*")) {
                files.forEach(old::add);
            }
            for (Path file : old) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot replace the weights in " + folder, e);
        }
    }
}
