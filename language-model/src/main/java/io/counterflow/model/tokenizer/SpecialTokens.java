package io.counterflow.model.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.json.JsonFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** The roles that {@code tokenizer_config.json}, or the older {@code special_tokens_map.json}, gives to tokens. */
record SpecialTokens(Optional<String> bos, Optional<String> eos, Optional<String> pad) {
    static final String CONFIG_FILE = "tokenizer_config.json";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    static SpecialTokens read(Path folder) {
        JsonNode config = json(folder.resolve(CONFIG_FILE));
        JsonNode map = json(folder.resolve("special_tokens_map.json"));
        return new SpecialTokens(
                token(config, map, "bos_token"), token(config, map, "eos_token"), token(config, map, "pad_token"));
    }

    private static Optional<String> token(JsonNode config, JsonNode map, String role) {
        return content(config.path(role)).or(() -> content(map.path(role)));
    }

    /** A token is its text, or an object with the text as its content. */
    private static Optional<String> content(JsonNode token) {
        JsonNode text = token.isObject() ? token.path("content") : token;
        return text.isTextual() ? Optional.of(text.asText()) : Optional.empty();
    }

    static JsonNode json(Path file) {
        if (!Files.exists(file)) {
            return MAPPER.createObjectNode();
        }
        try {
            return MAPPER.readTree(Files.readAllBytes(file));
        } catch (JsonProcessingException e) {
            throw new TokenizerException("%s is not valid JSON: %s".formatted(file, JsonFault.describe(e)), e);
        } catch (IOException e) {
            throw new TokenizerException("cannot read %s: %s".formatted(file, e), e);
        }
    }
}
