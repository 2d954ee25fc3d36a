package io.counterflow.scorer.unittests;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.BigIntegerNode;
import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.math.BigInteger;

/**
 * A value as a program's process sends it (see {@code values.py} and {@code values.js}), made into JSON: tuples and sets become
 * arrays, keys become text.
 *
 * @param json the value
 * @param unordered whether it is a set
 */
record TaggedValue(JsonNode json, boolean unordered) {

    private static final JsonNodeFactory MAKE = JsonNodeFactory.instance;
    private static final int DEEPEST = 400;

    /**
     * Reads one.
     *
     * @throws IllegalArgumentException where it is no value, or none that JSON has
     */
    static TaggedValue read(JsonNode sent) {
        String tag = sent.isArray() ? sent.path(0).asText() : "";
        return new TaggedValue(json(sent, 0), tag.equals("s") || tag.equals("fs"));
    }

    private static JsonNode json(JsonNode sent, int depth) {
        if (!sent.isArray()) {
            if (sent.isObject() || sent.isMissingNode()) {
                throw new IllegalArgumentException("it is no value");
            }
            return sent;
        }
        if (depth > DEEPEST) {
            throw new IllegalArgumentException("it is nested more than " + DEEPEST + " deep");
        }
        return switch (sent.path(0).asText()) {
            case "L", "l", "s", "dq" -> array(sent.path(2), depth);
            case "T", "t", "fs" -> array(sent.path(1), depth);
            case "nt" -> array(sent.path(3), depth);
            case "d", "ct", "O", "M" -> object(sent.path(2), depth);
            case "i" -> integer(sent.path(1).asText());
            case "n" -> DoubleNode.valueOf(special(sent.path(1).asText()));
            case "dec" -> DoubleNode.valueOf(Double.parseDouble(sent.path(1).asText()));
            case "u" -> NullNode.getInstance();
            default -> throw new IllegalArgumentException("it is of a kind that JSON does not have");
        };
    }

    private static JsonNode integer(String text) {
        boolean negative = text.startsWith("-");
        String digits = negative ? text.substring(1) : text;
        BigInteger value = digits.startsWith("0x") ? new BigInteger(digits.substring(2), 16) : new BigInteger(digits);
        return BigIntegerNode.valueOf(negative ? value.negate() : value);
    }

    private static double special(String text) {
        return switch (text) {
            case "nan" -> Double.NaN;
            case "inf" -> Double.POSITIVE_INFINITY;
            case "-inf" -> Double.NEGATIVE_INFINITY;
            default -> -0.0;
        };
    }

    private static ArrayNode array(JsonNode items, int depth) {
        ArrayNode array = MAKE.arrayNode();
        items.forEach(item -> array.add(json(item, depth + 1)));
        return array;
    }

    private static ObjectNode object(JsonNode pairs, int depth) {
        ObjectNode object = MAKE.objectNode();
        for (JsonNode pair : pairs) {
            JsonNode key = json(pair.path(0), depth + 1);
            object.set(key instanceof TextNode ? key.asText() : key.toString(), json(pair.path(1), depth + 1));
        }
        return object;
    }
}
