package io.counterflow.model.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Tokens that were added as text which the normalizer changes: a SentencePiece tokenizer takes the one of {@code Zork} where a text has {@code " Zork"}. The
 * tokenizers library writes what was normalized when it decodes them (0.23 does); the version that is used here writes what was added, and so loses a
 * space. They are decoded as tokens of the model with the same text. A special token, which no text has, stays as it is, and so does one whose text the model
 * has no tokens for.
 */
final class NormalizedTokens {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private NormalizedTokens() {}

    /** By the id of such a token those to be decoded in its place. */
    static Map<Integer, int[]> read(byte[] json, Vocabulary vocabulary, Map<String, String> options)
            throws IOException {
        ObjectNode root = (ObjectNode) MAPPER.readTree(json);
        Map<Integer, String> normalized = new HashMap<>();
        ArrayNode others = MAPPER.createArrayNode();
        for (JsonNode token : root.path("added_tokens")) {
            if (token.path("normalized").asBoolean() && !token.path("special").asBoolean()) {
                normalized.put(token.path("id").asInt(), token.path("content").asText());
            } else {
                others.add(token);
            }
        }
        boolean changes = root.path("normalizer").isObject()
                && !root.path("decoder").toString().contains("\"ByteLevel\"");
        if (normalized.isEmpty() || !changes) {
            return Map.of();
        }
        root.set("added_tokens", others);
        root.putNull("pre_tokenizer");
        root.putNull("post_processor");
        Map<Integer, int[]> parts = new HashMap<>();
        try (HuggingFaceTokenizer plain =
                HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(MAPPER.writeValueAsBytes(root)), options)) {
            normalized.forEach((id, text) -> {
                Encoding encoding = plain.encode(text, false, false);
                int[] ids = Arrays.stream(encoding.getIds())
                        .mapToInt(Math::toIntExact)
                        .toArray();
                String unknown = root.path("model").path("unk_token").asText("<unk>");
                boolean whole = ids.length > 0
                        && IntStream.range(0, ids.length)
                                .noneMatch(i -> vocabulary.bytes().containsKey(ids[i])
                                        || vocabulary.isSpecial(ids[i])
                                        || encoding.getTokens()[i].equals(unknown));
                if (whole) {
                    parts.put(id, ids);
                }
            });
        }
        return parts;
    }
}
