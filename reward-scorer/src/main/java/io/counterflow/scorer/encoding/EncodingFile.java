package io.counterflow.scorer.encoding;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** {@code scorer.json} in a trained model's folder: how texts became tokens in training, so that scoring does the same unasked. */
public final class EncodingFile {

    /** Name of the file. */
    public static final String NAME = "scorer.json";

    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.ACCEPT_CASE_INSENSITIVE_ENUMS)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .defaultPropertyInclusion(JsonInclude.Value.construct(JsonInclude.Include.NON_NULL, null))
            .build();

    private EncodingFile() {}

    /** Writes the file into a folder. */
    public static void write(Path folder, EncodingConfig config) throws IOException {
        Files.writeString(folder.resolve(NAME), JSON.writeValueAsString(config) + "\n");
    }

    /**
     * What the file of a folder says; nothing set where there is none.
     *
     * @throws IOException when it cannot be read or is no such file
     */
    public static EncodingConfig read(Path folder) throws IOException {
        Path file = folder.resolve(NAME);
        if (!Files.exists(file)) {
            return EncodingConfig.unset();
        }
        try {
            return JSON.readValue(Files.readAllBytes(file), EncodingConfig.class);
        } catch (JsonProcessingException e) {
            throw new IOException(file + " is damaged: " + e.getOriginalMessage(), e);
        }
    }
}
