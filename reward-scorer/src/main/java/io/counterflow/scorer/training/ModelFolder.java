package io.counterflow.scorer.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.counterflow.files.Sha256;
import io.counterflow.files.WholeFolder;
import io.counterflow.scorer.encoding.EncodingFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;

/**
 * The folder of a trained scorer: the checkpoint; {@code scorer.json}, how texts become tokens; {@code training.json}, what it was made of and
 * how good it is; {@code README.md}, the same for people.
 */
final class ModelFolder {

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private ModelFolder() {}

    /** Writes the folder, whole or not at all. */
    static void write(Path output, Path model, ScorerTask<?> task, Map<String, ?> plan, TrainingResult result) {
        WholeFolder.create(output, folder -> {
            try {
                copy(model, folder);
                EncodingFile.write(folder, task.encoding());
                Map<String, Object> all = new LinkedHashMap<>(plan);
                all.put("epochs", result.epochs());
                all.put("keptEpoch", result.best().epoch());
                result.report().ifPresent(report -> all.put("heldOut", report));
                all.put("weightsSha256", result.weightsSha256());
                JSON.writeValue(folder.resolve("training.json").toFile(), all);
                Files.writeString(folder.resolve("README.md"), ModelCard.of(task, plan, result));
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write into " + folder, e);
            }
        });
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    /** SHA-256 of the weights in a folder. */
    static String weightsSha256(Path model) {
        try {
            return Sha256.of(model.resolve("model.safetensors"));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the weights in " + model, e);
        }
    }
}
