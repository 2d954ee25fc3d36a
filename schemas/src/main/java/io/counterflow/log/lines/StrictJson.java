package io.counterflow.log.lines;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/**
 * Reads a JSON object and nothing beside it. What another reader would guess at is refused: a key that stands twice, something after the object, and
 * half of a surrogate pair ({@code "\\ud83d"} alone), which is no Unicode text and would become another text on its way to the log. NUL ({@code
 * "\\u0000"}) is a character like any other, and a number knows how it was written. Thread-safe.
 */
public final class StrictJson {

    private static final int SHOWN = 60;

    /** A map's key may be as long as a record: what was exported must come back. */
    private static final JsonFactory FACTORY = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNameLength(LineReader.MOST_BYTES)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .disable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
            .build();

    private StrictJson() {}

    /**
     * The object that a text is.
     *
     * @throws BrokenLineException where it is none, with why
     */
    public static ObjectNode object(String text) throws BrokenLineException {
        JsonNode node;
        try (JsonParser parser = FACTORY.createParser(text)) {
            parser.nextToken();
            node = parser.currentToken() == null ? MissingNode.getInstance() : value(parser);
            if (parser.nextToken() != null) {
                throw new BrokenLineException("not JSON: something stands after the object; one object a line");
            }
        } catch (StreamConstraintsException e) {
            throw new BrokenLineException(
                    "too large to be read: " + e.getOriginalMessage().replaceFirst(", from .*", ")"));
        } catch (JsonProcessingException e) {
            throw new BrokenLineException(fault(e.getOriginalMessage()));
        } catch (IOException e) {
            throw new UncheckedIOException("a text in memory cannot be read", e);
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

    private static JsonNode value(JsonParser parser) throws IOException {
        JsonNodeFactory nodes = JsonNodeFactory.instance;
        switch (parser.currentToken()) {
            case START_OBJECT -> {
                ObjectNode object = nodes.objectNode();
                for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                    parser.nextToken();
                    object.set(name, value(parser));
                }
                return object;
            }
            case START_ARRAY -> {
                ArrayNode array = nodes.arrayNode();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    array.add(value(parser));
                }
                return array;
            }
            case VALUE_NUMBER_INT -> {
                return switch (parser.getNumberType()) {
                    case INT -> nodes.numberNode(parser.getIntValue());
                    case LONG -> nodes.numberNode(parser.getLongValue());
                    default -> nodes.numberNode(parser.getBigIntegerValue());
                };
            }
            case VALUE_NUMBER_FLOAT -> {
                return new SpelledNumber(parser.getDoubleValue(), parser.getText());
            }
            case VALUE_TRUE, VALUE_FALSE -> {
                return nodes.booleanNode(parser.getBooleanValue());
            }
            case VALUE_NULL -> {
                return nodes.nullNode();
            }
            default -> {
                return nodes.textNode(parser.getText());
            }
        }
    }

    /** A value as text: a text as it is, anything else as JSON on one line, in which numbers are spelled as they were read. */
    public static String text(JsonNode node) {
        return node.isTextual() ? node.textValue() : json(node);
    }

    private static String json(JsonNode node) {
        if (node instanceof SpelledNumber number) {
            return number.spelling();
        }
        if (node.isObject()) {
            return node.properties().stream()
                    .map(field -> TextNode.valueOf(field.getKey()) + ":" + json(field.getValue()))
                    .collect(Collectors.joining(",", "{", "}"));
        }
        if (node.isArray()) {
            return StreamSupport.stream(node.spliterator(), false)
                    .map(StrictJson::json)
                    .collect(Collectors.joining(",", "[", "]"));
        }
        return node.toString();
    }

    private static String fault(String message) {
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
        String text = json(node);
        if (text.length() <= SHOWN) {
            return text;
        }
        int end = SHOWN - 3;
        return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "...";
    }
}
