package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.kind;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Python's {@code text % values}, as the documentation of its standard types has it under "printf-style String Formatting". One thread. */
final class PercentFormat {

    /** What it is at most wide: more is a slip, and would fill the memory. */
    private static final int WIDEST = 100_000;

    private static final Pattern CONVERSION = Pattern.compile(
            "%(?:\\((?<key>[^)]*)\\))?(?<flags>[-+ #0]*)(?<width>\\*|\\d+)?(?:\\.(?<precision>\\*|\\d*))?[hlL]?(?<type>.)",
            Pattern.DOTALL);

    private final Object values;
    private int taken;

    private PercentFormat(Object values) {
        this.values = values;
    }

    /** The text with its conversions replaced; {@code values} is a tuple of as many values, a dictionary, or the one value. */
    static String format(String text, Object values) {
        return new PercentFormat(values).format(text);
    }

    private String format(String text) {
        StringBuilder out = new StringBuilder();
        Matcher conversion = CONVERSION.matcher(text);
        int from = 0;
        for (int at = text.indexOf('%'); at >= 0; at = text.indexOf('%', from)) {
            out.append(text, from, at);
            if (!conversion.region(at, text.length()).lookingAt()) {
                throw new ChatTemplateException("the format '%s' ends within a conversion".formatted(text));
            }
            out.append(converted(conversion));
            from = conversion.end();
        }
        if (taken < given()) {
            throw new ChatTemplateException("not all values were used by the format '%s'".formatted(text));
        }
        return out.append(text.substring(from)).toString();
    }

    /** How many values have to be used. */
    private int given() {
        if (values instanceof Tuple tuple) {
            return tuple.size();
        }
        return values instanceof Map<?, ?> || values instanceof List<?> ? 0 : 1;
    }

    private Object next() {
        if (values instanceof Tuple tuple) {
            if (taken == tuple.size()) {
                throw new ChatTemplateException("a format has more conversions than values");
            }
            return tuple.get(taken++);
        }
        if (taken++ > 0) {
            throw new ChatTemplateException("a format has more conversions than values");
        }
        return values;
    }

    private String converted(Matcher conversion) {
        char type = conversion.group("type").charAt(0);
        String flags = conversion.group("flags");
        boolean left = flags.indexOf('-') >= 0;
        int width = number(conversion.group("width"));
        if (width < -1) {
            left = true;
            width = -width;
        }
        int precision = conversion.group("precision") == null
                ? -1
                : Math.max(0, number(conversion.group("precision").isEmpty() ? "0" : conversion.group("precision")));
        if (type == '%') {
            return "%";
        }
        Object value = conversion.group("key") == null ? next() : entry(conversion.group("key"));
        String body = body(type, value, precision, flags);
        String sign = "";
        if ("diuxXofFeEgG".indexOf(type) >= 0) {
            boolean negative = body.startsWith("-");
            sign = negative ? "-" : flags.indexOf('+') >= 0 ? "+" : flags.indexOf(' ') >= 0 ? " " : "";
            body = negative ? body.substring(1) : body;
            if (flags.indexOf('#') >= 0 && "xXo".indexOf(type) >= 0) {
                sign += "0" + type;
            }
            if (flags.indexOf('0') >= 0 && !left) {
                body = "0".repeat(missing(width, sign + body)) + body;
            }
        }
        String pad = " ".repeat(missing(width, sign + body));
        return left ? sign + body + pad : pad + sign + body;
    }

    private static int missing(int width, String text) {
        return Math.max(0, width - text.codePointCount(0, text.length()));
    }

    private int number(String written) {
        if (written == null) {
            return -1;
        }
        long number = written.equals("*")
                ? PythonValues.asLong(next())
                : written.length() > 9 ? Long.MAX_VALUE : Long.parseLong(written);
        if (Math.abs((double) number) > WIDEST) {
            throw new ChatTemplateException("a format with a width or precision above %d".formatted(WIDEST));
        }
        return (int) number;
    }

    private Object entry(String key) {
        if (!(values instanceof Map<?, ?> map)) {
            throw new ChatTemplateException("the format's %%(%s) needs a dictionary".formatted(key));
        }
        if (!map.containsKey(key)) {
            throw new ChatTemplateException("the dictionary of a format has no '%s'".formatted(key));
        }
        return map.get(key);
    }

    /** One value by one conversion, not yet as wide as it is to be; a sign stands first. */
    static String body(char type, Object value, int precision, String flags) {
        return switch (type) {
            case 's' -> cut(PythonValues.text(value), precision);
            case 'r' -> cut(PythonValues.representation(value), precision);
            case 'c' -> character(value);
            case 'd', 'i', 'u' -> digits(whole(type, value, true).toString(), precision);
            case 'x' -> digits(whole(type, value, false).toString(16), precision);
            case 'X' -> digits(whole(type, value, false).toString(16).toUpperCase(Locale.ROOT), precision);
            case 'o' -> digits(whole(type, value, false).toString(8), precision);
            case 'f', 'F', 'e', 'E', 'g', 'G' -> {
                String number = real(
                        Character.toLowerCase(type),
                        number(type, value),
                        precision < 0 ? 6 : precision,
                        flags.indexOf('#') >= 0);
                yield Character.isUpperCase(type) ? number.toUpperCase(Locale.ROOT) : number;
            }
            default ->
                throw new ChatTemplateException("the conversion %%%c of a format is not supported".formatted(type));
        };
    }

    private static String cut(String text, int most) {
        return most < 0 || text.codePointCount(0, text.length()) <= most
                ? text
                : text.substring(0, text.offsetByCodePoints(0, most));
    }

    private static String character(Object value) {
        if (value instanceof Long point && Character.isValidCodePoint(Math.toIntExact(point))) {
            return Character.toString(Math.toIntExact(point));
        }
        if (value instanceof String text && text.codePointCount(0, text.length()) == 1) {
            return text;
        }
        throw new ChatTemplateException("%%c of a format needs one character, not %s".formatted(kind(value)));
    }

    private static String digits(String number, int least) {
        boolean negative = number.startsWith("-");
        String digits = negative ? number.substring(1) : number;
        return (negative ? "-" : "") + "0".repeat(Math.max(0, least - digits.length())) + digits;
    }

    private static BigInteger whole(char type, Object value, boolean cuts) {
        if (value instanceof Double real && cuts && !real.isNaN() && !real.isInfinite()) {
            return new BigDecimal(real).toBigInteger();
        }
        if (value instanceof Double || !PythonValues.isNumber(value)) {
            throw new ChatTemplateException(
                    "%%%c of a format needs a whole number, not %s".formatted(type, kind(value)));
        }
        return PythonValues.integer(value);
    }

    private static double number(char type, Object value) {
        if (!PythonValues.isNumber(value)) {
            throw new ChatTemplateException("%%%c of a format needs a number, not %s".formatted(type, kind(value)));
        }
        return PythonValues.asDouble(value);
    }

    private static String real(char type, double value, int precision, boolean whole) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        String sign = Double.doubleToRawLongBits(value) < 0 ? "-" : "";
        if (Double.isInfinite(value)) {
            return sign + "inf";
        }
        // The exact value: a tie is one in fact, and goes to the even digit.
        BigDecimal exact = new BigDecimal(Math.abs(value));
        return sign
                + switch (type) {
                    case 'f' ->
                        exact.setScale(precision, RoundingMode.HALF_EVEN).toPlainString()
                                + (whole && precision == 0 ? "." : "");
                    case 'e' -> scientific(exact, precision, whole);
                    default -> general(exact, Math.max(1, precision), whole);
                };
    }

    private static String scientific(BigDecimal value, int precision, boolean whole) {
        BigDecimal rounded = value.round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
        int exponent = exponent(rounded);
        String mantissa = rounded.signum() == 0
                ? BigDecimal.ZERO.setScale(precision).toPlainString()
                : rounded.movePointLeft(exponent)
                        .setScale(precision, RoundingMode.UNNECESSARY)
                        .toPlainString();
        return "%s%se%s%02d"
                .formatted(mantissa, whole && precision == 0 ? "." : "", exponent < 0 ? "-" : "+", Math.abs(exponent));
    }

    private static String general(BigDecimal value, int digits, boolean whole) {
        BigDecimal rounded = value.round(new MathContext(digits, RoundingMode.HALF_EVEN));
        int exponent = exponent(rounded);
        boolean plain = exponent >= -4 && exponent < digits;
        String text = plain
                ? rounded.setScale(Math.max(0, digits - 1 - exponent), RoundingMode.UNNECESSARY)
                        .toPlainString()
                : scientific(rounded, digits - 1, whole);
        if (whole) {
            return plain && text.indexOf('.') < 0 ? text + "." : text;
        }
        int end = plain ? text.length() : text.indexOf('e');
        String mantissa = text.substring(0, end);
        return (mantissa.indexOf('.') < 0 ? mantissa : mantissa.replaceAll("\\.?0+$", "")) + text.substring(end);
    }

    private static int exponent(BigDecimal value) {
        return value.signum() == 0 ? 0 : value.precision() - value.scale() - 1;
    }
}
