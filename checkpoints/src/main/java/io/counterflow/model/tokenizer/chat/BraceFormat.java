package io.counterflow.model.tokenizer.chat;

import java.util.List;
import java.util.Map;

/**
 * Python's {@code str.format}: {@code {}}, {@code {0}}, {@code {name}}, {@code {!r}}, {@code {:>5}} and doubled braces;
 * not the attributes and elements of a value, and no fields within a field.
 */
final class BraceFormat {

    private static final String FIELD = "(0|[1-9][0-9]{0,6}|[\\p{L}_][\\p{L}\\p{N}_]*)?";

    private final List<Object> positional;
    private final Map<String, Object> named;
    private int next;
    private boolean numbered;

    private BraceFormat(List<Object> positional, Map<String, Object> named) {
        this.positional = positional;
        this.named = named;
    }

    static String format(String pattern, List<Object> positional, Map<String, Object> named) {
        return new BraceFormat(positional, named).format(pattern);
    }

    private String format(String pattern) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < pattern.length()) {
            char c = pattern.charAt(at);
            boolean doubled = at + 1 < pattern.length() && pattern.charAt(at + 1) == c;
            if ((c == '{' || c == '}') && doubled) {
                out.append(c);
                at += 2;
            } else if (c == '{') {
                int end = pattern.indexOf('}', at);
                if (end < 0) {
                    throw new ChatTemplateException("format: a '{' has no '}'");
                }
                out.append(field(pattern.substring(at + 1, end)));
                at = end + 1;
            } else if (c == '}') {
                throw new ChatTemplateException("format: a '}' has no '{'");
            } else {
                out.append(c);
                at++;
            }
        }
        return out.toString();
    }

    private String field(String field) {
        int colon = field.indexOf(':');
        String name = colon < 0 ? field : field.substring(0, colon);
        int mark = name.indexOf('!');
        String conversion = mark < 0 ? "" : name.substring(mark);
        Object value = value(mark < 0 ? name : name.substring(0, mark));
        Object converted =
                switch (conversion) {
                    case "" -> value;
                    case "!s" -> PythonValues.text(value);
                    case "!r" -> PythonValues.representation(value);
                    default ->
                        throw new ChatTemplateException(
                                "format: '{%s}' has a conversion that is not supported".formatted(field));
                };
        return FormatSpecification.format(converted, colon < 0 ? "" : field.substring(colon + 1));
    }

    private Object value(String field) {
        if (!field.matches(FIELD)) {
            throw new ChatTemplateException("format: '{%s}' is more than a number or a name".formatted(field));
        }
        boolean name = !field.isEmpty() && !Character.isDigit(field.charAt(0));
        if (name) {
            if (!named.containsKey(field)) {
                throw new ChatTemplateException("format: there is no '%s'".formatted(field));
            }
            return named.get(field);
        }
        if (field.isEmpty() ? numbered : next > 0) {
            throw new ChatTemplateException("format: fields have numbers, or they have none");
        }
        numbered |= !field.isEmpty();
        int place = field.isEmpty() ? next++ : Integer.parseInt(field);
        if (place >= positional.size()) {
            throw new ChatTemplateException("format: there is no value for field %d".formatted(place));
        }
        return positional.get(place);
    }
}
