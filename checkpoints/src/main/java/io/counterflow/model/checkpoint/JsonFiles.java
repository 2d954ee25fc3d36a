package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.json.JsonFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The JSON files beside the weights, read with one-line errors and written in the form that transformers writes. */
final class JsonFiles {
    /** Far above any real file, and small enough to hold as a tree. */
    private static final long LARGEST = 256L << 20;

    private static final ObjectMapper MAPPER =
            new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private JsonFiles() {}

    /** @throws CheckpointException if the file is missing, too large or not a JSON object */
    static ObjectNode read(Path file) {
        try {
            long size = Files.size(file);
            if (size > LARGEST) {
                throw new CheckpointException(
                        "%s is %d bytes long; at most %d can be right".formatted(file, size, LARGEST));
            }
            JsonNode json = MAPPER.readTree(Files.readAllBytes(file));
            if (json instanceof ObjectNode object) {
                return object;
            }
            throw new CheckpointException("%s is not a JSON object".formatted(file));
        } catch (NoSuchFileException e) {
            throw new CheckpointException(
                    file.endsWith(ModelConfig.FILE_NAME)
                            ? ForeignWeights.instead(file.toAbsolutePath().getParent(), ModelConfig.FILE_NAME)
                            : "there is no %s in %s".formatted(file.getFileName(), file.getParent()));
        } catch (JsonProcessingException e) {
            throw new CheckpointException("%s is not valid JSON: %s".formatted(file, JsonFault.describe(e)), e);
        } catch (IOException e) {
            throw new CheckpointException("cannot read %s: %s".formatted(file, e), e);
        }
    }

    static void write(Path file, JsonNode json) {
        try (JsonGenerator generator = MAPPER.getFactory().createGenerator(Files.newOutputStream(file))) {
            generator.setPrettyPrinter(pythonStyle());
            MAPPER.writeTree(generator, json);
            generator.writeRaw('\n');
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + file, e);
        }
    }

    static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    private static DefaultPrettyPrinter pythonStyle() {
        DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
        return new DefaultPrettyPrinter(Separators.createDefaultInstance()
                        .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                        .withArrayEmptySeparator("")
                        .withObjectEmptySeparator(""))
                .withArrayIndenter(indenter)
                .withObjectIndenter(indenter);
    }
}
