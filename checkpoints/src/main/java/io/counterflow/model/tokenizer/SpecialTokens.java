package io.counterflow.model.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.json.JsonFault;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The files beside a tokenizer.json that give tokens their roles. */
public final class SpecialTokens {
    static final String CONFIG_FILE = "tokenizer_config.json";
    private static final String ADDED = "added_tokens_decoder";
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private SpecialTokens() {}

    /**
     * The texts of the tokens with a role, by {@code bos_token}, {@code eos_token} and so on: those of {@code tokenizer_config.json}, and in
     * folders that are older than its {@code added_tokens_decoder} those of {@code special_tokens_map.json} before them, as in transformers.
     *
     * @throws TokenizerException if a file cannot be read or is not valid JSON
     */
    public static Map<String, String> read(Path folder) {
        JsonNode config = json(folder.resolve(CONFIG_FILE));
        Map<String, String> tokens = new LinkedHashMap<>();
        addTo(tokens, config);
        if (!config.has(ADDED)) {
            addTo(tokens, json(folder.resolve("special_tokens_map.json")));
        }
        return tokens;
    }

    /**
     * Checks that tokens which {@code tokenizer_config.json} adds are in the tokenizer.json, which alone is read.
     *
     * @throws TokenizerException if one is not
     */
    static void requireAdded(Path folder, Vocabulary vocabulary, Path tokenizer) {
        for (JsonNode added : json(folder.resolve(CONFIG_FILE)).path(ADDED)) {
            String content = added.path("content").asText();
            if (vocabulary.id(content).isEmpty()) {
                throw new TokenizerException(
                        "%s adds the token \"%s\", which is not in %s; save the tokenizer again with transformers (save_pretrained)"
                                .formatted(folder.resolve(CONFIG_FILE), content, tokenizer));
            }
        }
    }

    /** A token is its text, or an object with the text as its content. */
    private static void addTo(Map<String, String> tokens, JsonNode roles) {
        roles.properties().forEach(entry -> {
            JsonNode content = entry.getValue().isObject() ? entry.getValue().path("content") : entry.getValue();
            if (entry.getKey().endsWith("_token") && content.isTextual()) {
                tokens.put(entry.getKey(), content.asText());
            }
        });
    }

    private static JsonNode json(Path file) {
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
