package io.counterflow.model.tokenizer.chat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Python's {@code json.dumps} without escaping of other alphabets, which is what transformers gives templates as tojson. */
final class PythonJson {
    private final Long indent;

    private PythonJson(Long indent) {
        this.indent = indent;
    }

    /** @param indent spaces a level, or null for one line */
    static String of(Object value, Long indent) {
        return new PythonJson(indent).write(value, 1);
    }

    private String write(Object value, int level) {
        if (value == null) {
            return "null";
        }
        if (value instanceof Boolean || value instanceof Long) {
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
            map.forEach((k, v) -> parts.add(quote(PythonValues.text(k)) + ": " + write(v, level + 1)));
            return join("{", parts, "}", level);
        }
        throw new ChatTemplateException("%s cannot be written as JSON".formatted(PythonValues.kind(value)));
    }

    private String join(String open, List<String> parts, String close, int level) {
        if (indent == null || parts.isEmpty()) {
            return open + String.join(", ", parts) + close;
        }
        String outer = "\n" + " ".repeat((int) Math.min(indent, 16) * (level - 1));
        String inner = "\n" + " ".repeat((int) Math.min(indent, 16) * level);
        return open + inner + String.join("," + inner, parts) + outer + close;
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
