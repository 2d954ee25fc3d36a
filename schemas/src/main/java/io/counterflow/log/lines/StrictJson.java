package io.counterflow.log.lines;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;

/**
 * Reads a JSON object and nothing beside it. What another reader would guess at is refused: a key that stands twice, something after the object, and
 * half of a surrogate pair ({@code "\\ud83d"} alone), which is no Unicode text and would become another text on its way to the log. NUL ({@code
 * "\\u0000"}) is a character like any other. Thread-safe.
 */
public final class StrictJson {

    private static final int SHOWN = 60;

    /** A map's key may be as long as a record: what was exported must come back. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNameLength(LineReader.MOST_BYTES)
                    .build())
            .build();

    private static final ObjectMapper JSON = JsonMapper.builder(FACTORY)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private StrictJson() {}

    /**
     * The object that a text is.
     *
     * @throws BrokenLineException where it is none, with why
     */
    public static ObjectNode object(String text) throws BrokenLineException {
        JsonNode node;
        try {
            node = JSON.readTree(text);
        } catch (StreamConstraintsException e) {
            throw new BrokenLineException(
                    "too large to be read: " + e.getOriginalMessage().replaceFirst(", from .*", ")"));
        } catch (JsonProcessingException e) {
            throw new BrokenLineException(fault(e.getOriginalMessage()));
        }
        if (!(node instanceof ObjectNode object)) {
            throw new BrokenLineException("not a JSON object, but " + abbreviated(node));
        }
        // Half a pair can only have come from an escape: the text itself was read from UTF-8, which has none.
        if (text.indexOf("\\u") >= 0) {
            requireUnicode(object, "");
        }
        return object;
    }

    private static String fault(String message) {
        if (message.startsWith("Trailing token")) {
            return "not JSON: something stands after the object; one object a line";
        }
        if (message.startsWith("Duplicate Object property") || message.startsWith("Duplicate field")) {
            return "has the key " + message.replaceFirst("[^\"']*[\"']([^\"']*)[\"'].*", "'$1'")
                    + " twice in one object";
        }
        return "not JSON: " + message.replaceFirst(" \\(start marker at .*", "").replaceFirst(": enable `.*", "");
    }

    private static void requireUnicode(JsonNode node, String path) throws BrokenLineException {
        if (node.isTextual()) {
            requireUnicode(node.textValue(), "'" + path + "'");
        } else if (node.isObject()) {
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                requireUnicode(field.getKey(), "a key" + (path.isEmpty() ? "" : " of '" + path + "'"));
                requireUnicode(field.getValue(), path.isEmpty() ? field.getKey() : path + "." + field.getKey());
            }
        } else if (node.isArray()) {
            for (int i = 0; i < node.size(); i++) {
                requireUnicode(node.get(i), path + "[" + i + "]");
            }
        }
    }

    private static void requireUnicode(String text, String where) throws BrokenLineException {
        int at = UnicodeText.loneSurrogate(text);
        if (at >= 0) {
            throw new BrokenLineException("%s is no Unicode text: \\u%04x at character %d is half of a surrogate pair"
                    .formatted(where, (int) text.charAt(at), at + 1));
        }
    }

    /** A value as a message shows it. */
    public static String abbreviated(JsonNode node) {
        String text = node.toString();
        if (text.length() <= SHOWN) {
            return text;
        }
        int end = SHOWN - 3;
        return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "...";
    }
}
