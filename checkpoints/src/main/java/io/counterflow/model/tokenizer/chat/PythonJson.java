package io.counterflow.model.tokenizer.chat;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Python's {@code json.dumps} without escaping of other alphabets, which is what transformers gives templates as tojson. */
final class PythonJson {
    private final Object indent;
    private final String comma;
    private final String colon;
    private final boolean sorted;

    private PythonJson(Map<String, Object> options) {
        indent = options.get("indent");
        sorted = PythonValues.isTrue(options.getOrDefault("sort_keys", false));
        Object separators = options.get("separators");
        if (separators == null) {
            comma = indent == null ? ", " : ",";
            colon = ": ";
        } else if (separators instanceof List<?> pair && pair.size() == 2) {
            comma = PythonValues.asText(pair.get(0));
            colon = PythonValues.asText(pair.get(1));
        } else {
            throw new ChatTemplateException(
                    "separators of tojson are two texts, not %s".formatted(PythonValues.kind(separators)));
        }
    }

    /** @param options of {@code indent} (a number of spaces, or a text), {@code separators} and {@code sort_keys} those that are given */
    static String of(Object value, Map<String, Object> options) {
        return new PythonJson(options).write(value, 1);
    }

    private String write(Object value, int level) {
        if (value == null) {
            return "null";
        }
        if (value instanceof Boolean || value instanceof Long || value instanceof BigInteger) {
            return value.toString();
        }
        if (value instanceof Double number) {
            return PythonValues.number(number);
        }
        if (value instanceof String text) {
            return quote(text);
        }
        List<String> parts = new ArrayList<>();
        if (value instanceof List<?> list) {
            list.forEach(e -> parts.add(write(e, level + 1)));
            return join("[", parts, "]", level);
        }
        if (value instanceof Map<?, ?> map) {
            keys(map).forEach(k -> parts.add(quote(key(k)) + colon + write(map.get(k), level + 1)));
            return join("{", parts, "}", level);
        }
        throw new ChatTemplateException("%s cannot be written as JSON".formatted(PythonValues.kind(value)));
    }

    private List<Object> keys(Map<?, ?> map) {
        List<Object> keys = new ArrayList<>(map.keySet());
        if (sorted) {
            keys.sort(PythonValues::compare);
        }
        return keys;
    }

    /** JSON's own words for the keys that Python has for them. */
    private String key(Object key) {
        return key instanceof String text ? text : write(key, 1);
    }

    private String join(String open, List<String> parts, String close, int level) {
        if (indent == null || parts.isEmpty()) {
            return open + String.join(comma, parts) + close;
        }
        String margin = indent instanceof String text
                ? text
                : " ".repeat((int) Math.max(0, Math.min(PythonValues.asLong(indent), 16)));
        String outer = "\n" + margin.repeat(level - 1);
        String inner = "\n" + margin.repeat(level);
        return open + inner + String.join(comma + inner, parts) + outer + close;
    }

    private static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < 0x20) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        return out.append('"').toString();
    }
}
