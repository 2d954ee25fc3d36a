package io.counterflow.model.tokenizer;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.json.JsonFault;
import java.io.IOException;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The tokens of a tokenizer.json with their ids: the model's vocabulary and the tokens added to it. */
final class Vocabulary {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    // A byte that stands for itself, of tokenizers that spell what they have no token for in bytes.
    private static final Pattern BYTE = Pattern.compile("<0x[0-9A-Fa-f]{2}>");

    private final Map<String, Integer> ids = new HashMap<>();
    private final Map<Integer, String> special = new TreeMap<>();
    private final Map<Integer, Integer> bytes = new HashMap<>();
    private final BitSet known = new BitSet();
    private int size;
    private int sizeWithoutAdded;

    private Vocabulary() {}

    static Vocabulary read(byte[] json, Path file) {
        try {
            JsonNode root = MAPPER.readTree(json);
            Vocabulary vocabulary = new Vocabulary();
            JsonNode tokens = root.path("model").path("vocab");
            if (tokens.isArray()) {
                // Unigram: a list of [token, score], the id is the place in it.
                for (int id = 0; id < tokens.size(); id++) {
                    vocabulary.add(tokens.get(id).path(0).asText(), id);
                }
            } else {
                tokens.properties().forEach(entry -> vocabulary.add(entry.getKey(), id(entry.getValue(), file)));
            }
            vocabulary.sizeWithoutAdded = vocabulary.size;
            for (JsonNode added : root.path("added_tokens")) {
                int id = id(added.path("id"), file);
                vocabulary.add(added.path("content").asText(), id);
                if (added.path("special").asBoolean()) {
                    vocabulary.special.put(id, added.path("content").asText());
                }
            }
            if (vocabulary.size == 0) {
                throw new TokenizerException("%s has no vocabulary".formatted(file));
            }
            return vocabulary;
        } catch (JsonProcessingException e) {
            throw new TokenizerException("%s is not valid JSON: %s".formatted(file, JsonFault.describe(e)), e);
        } catch (IOException e) {
            throw new TokenizerException("cannot read %s: %s".formatted(file, e), e);
        }
    }

    private static int id(JsonNode id, Path file) {
        if (!id.isIntegralNumber() || !id.canConvertToInt() || id.asInt() < 0 || id.asInt() == Integer.MAX_VALUE) {
            throw new TokenizerException("%s gives a token the id %s".formatted(file, id));
        }
        return id.asInt();
    }

    private void add(String token, int id) {
        ids.put(token, id);
        known.set(id);
        if (BYTE.matcher(token).matches()) {
            bytes.put(id, Integer.parseInt(token.substring(3, 5), 16));
        }
        size = Math.max(size, id + 1);
    }

    int size() {
        return size;
    }

    /** The same of the tokens that every text may be divided into: without those added. */
    int sizeWithoutAdded() {
        return sizeWithoutAdded;
    }

    /** The token of an id, or nothing's. */
    String token(int id) {
        return ids.entrySet().stream()
                .filter(entry -> entry.getValue() == id)
                .map(Map.Entry::getKey)
                .findFirst()
                .orElse("");
    }

    /** Tokens from an id on, in the order of their ids. */
    List<String> from(int first) {
        return ids.entrySet().stream()
                .filter(entry -> entry.getValue() >= first)
                .sorted(Map.Entry.comparingByValue())
                .map(Map.Entry::getKey)
                .toList();
    }

    OptionalInt id(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    boolean isSpecial(int id) {
        return special.containsKey(id);
    }

    /** The special tokens' contents by id. */
    Map<Integer, String> special() {
        return Collections.unmodifiableMap(special);
    }

    /** Whether an id is any token's; a model's embedding may have more rows. */
    boolean isKnown(int id) {
        return id >= 0 && known.get(id);
    }

    /** The values of the tokens that are written as bytes, {@code <0xE2>}, by id. */
    Map<Integer, Integer> bytes() {
        return Collections.unmodifiableMap(bytes);
    }
}
