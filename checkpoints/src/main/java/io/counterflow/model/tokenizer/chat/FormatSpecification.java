package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.kind;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's "format specification mini-language": what stands behind the colon of a field, such as {@code >5} or {@code ,.2f}. */
final class FormatSpecification {
    private static final Pattern PARTS = Pattern.compile(
            "(?:(?<fill>.)?(?<align>[<>=^]))?(?<sign>[-+ ])?(?<other>#)?(?<zero>0)?(?<width>\\d{1,6})?(?<group>[,_])?"
                    + "(?:\\.(?<precision>\\d{1,6}))?(?<type>[sdxXofFeEgGb%])?",
            Pattern.DOTALL);
    private static final int WIDEST = 100_000;

    private FormatSpecification() {}

    /** @throws ChatTemplateException if the specification is none, is not supported, or does not fit the value */
    static String format(Object value, String specification) {
        if (specification.isEmpty()) {
            return PythonValues.text(value);
        }
        Matcher parts = PARTS.matcher(specification);
        // Zeros up to a width would be set apart as well, and digits that are not decimal in fours.
        boolean both = parts.matches()
                && parts.group("group") != null
                && (parts.group("zero") != null || parts.group("type") != null && "xXob".contains(parts.group("type")));
        if (!parts.matches() || both || number(parts, "width", 0) > WIDEST || number(parts, "precision", 0) > WIDEST) {
            throw new ChatTemplateException("format: ':%s' is not supported".formatted(specification));
        }
        boolean numeric = PythonValues.isNumber(value) && !"s".equals(parts.group("type"));
        String sign = "";
        String body;
        if (numeric) {
            body = digits(value, parts, specification);
            boolean negative = body.startsWith("-");
            body = negative ? body.substring(1) : body;
            sign = negative
                    ? "-"
                    : "-".equals(parts.group("sign")) || parts.group("sign") == null ? "" : parts.group("sign");
            body = grouped(body, parts.group("group"), specification);
            if (parts.group("other") != null && parts.group("type") != null && "xXob".contains(parts.group("type"))) {
                sign += "0" + parts.group("type");
            }
        } else {
            body = text(value, parts, specification);
        }
        return padded(sign, body, parts, numeric);
    }

    private static String text(Object value, Matcher parts, String specification) {
        boolean forNumbers = parts.group("sign") != null
                || parts.group("group") != null
                || parts.group("other") != null
                || "=".equals(parts.group("align"))
                || parts.group("type") != null && !"s".equals(parts.group("type"));
        if (!(value instanceof String text) || forNumbers) {
            throw new ChatTemplateException("format: ':%s' does not fit %s".formatted(specification, kind(value)));
        }
        return PercentFormat.body('s', text, number(parts, "precision", -1), "");
    }

    private static String digits(Object value, Matcher parts, String specification) {
        String type = parts.group("type");
        int precision = number(parts, "precision", -1);
        String flags = parts.group("other") == null ? "" : "#";
        boolean whole = !(value instanceof Double);
        if (type == null) {
            type = whole ? "d" : "";
        }
        if ("dxXob".contains(type) && !type.isEmpty() && (!whole || precision >= 0)
                || type.isEmpty() && (precision >= 0 || !flags.isEmpty())) {
            throw new ChatTemplateException("format: ':%s' does not fit %s".formatted(specification, kind(value)));
        }
        return switch (type) {
            case "" -> PythonValues.text(value);
            case "b" -> PythonValues.integer(value).toString(2);
            case "%" -> PercentFormat.body('f', PythonValues.asDouble(value) * 100, precision, flags) + "%";
            case "d", "x", "X", "o" -> PercentFormat.body(type.charAt(0), value, -1, "");
            default -> PercentFormat.body(type.charAt(0), value, precision, flags);
        };
    }

    /** Thousands are set apart where asked for. */
    private static String grouped(String body, String mark, String specification) {
        if (mark == null) {
            return body;
        }
        if (!body.matches("\\d+([.eE%].*)?")) {
            throw new ChatTemplateException("format: ':%s' is not supported".formatted(specification));
        }
        int end = 0;
        while (end < body.length() && Character.isDigit(body.charAt(end))) {
            end++;
        }
        StringBuilder out = new StringBuilder(body);
        for (int at = end - 3; at > 0; at -= 3) {
            out.insert(at, mark);
        }
        return out.toString();
    }

    private static String padded(String sign, String body, Matcher parts, boolean numeric) {
        boolean zero = parts.group("zero") != null && parts.group("align") == null;
        String align = parts.group("align") != null ? parts.group("align") : numeric ? zero ? "=" : ">" : "<";
        String fill = parts.group("fill") != null ? parts.group("fill") : parts.group("zero") != null ? "0" : " ";
        String whole = sign + body;
        int missing = Math.max(0, number(parts, "width", 0) - whole.codePointCount(0, whole.length()));
        return switch (align) {
            case "<" -> whole + fill.repeat(missing);
            case "^" -> fill.repeat(missing / 2) + whole + fill.repeat(missing - missing / 2);
            case "=" -> sign + fill.repeat(missing) + body;
            default -> fill.repeat(missing) + whole;
        };
    }

    private static int number(Matcher parts, String group, int missing) {
        return parts.group(group) == null ? missing : Integer.parseInt(parts.group(group));
    }
}
