package io.counterflow.model.tokenizer.chat;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * Python's rules for the values of a template. They are {@code null}, {@code Boolean}, {@code Long}, {@code BigInteger}
 * (where a {@code Long} is too small; written and compared, not computed with), {@code Double}, {@code String},
 * {@code List}, {@code Map}, {@link Namespace}, {@link Callable} and {@link Undefined}.
 */
final class PythonValues {
    private PythonValues() {}

    static boolean isTrue(Object value) {
        if (value instanceof Boolean flag) {
            return flag;
        }
        if (value instanceof Number number) {
            return number.doubleValue() != 0;
        }
        if (value instanceof String text) {
            return !text.isEmpty();
        }
        if (value instanceof List<?> list) {
            return !list.isEmpty();
        }
        if (value instanceof Map<?, ?> map) {
            return !map.isEmpty();
        }
        return value != null && !(value instanceof Undefined);
    }

    /** What {@code str()} makes of a value. */
    static String text(Object value) {
        if (value instanceof String text) {
            return text;
        }
        return value instanceof Undefined ? "" : representation(value);
    }

    /** What {@code repr()} makes of a value. */
    static String representation(Object value) {
        if (value == null) {
            return "None";
        }
        if (value instanceof Boolean flag) {
            return flag ? "True" : "False";
        }
        if (value instanceof Double number) {
            return number(number);
        }
        if (value instanceof String text) {
            String quote = text.contains("'") && !text.contains("\"") ? "\"" : "'";
            StringBuilder escaped = new StringBuilder(quote);
            text.codePoints().forEach(c -> escaped.append(escape(c, quote.charAt(0))));
            return escaped.append(quote).toString();
        }
        if (value instanceof Tuple tuple) {
            String inside = String.join(
                    ", ", tuple.stream().map(PythonValues::representation).toList());
            return "(" + inside + (tuple.size() == 1 ? ",)" : ")");
        }
        if (value instanceof List<?> list) {
            return "["
                    + String.join(
                            ", ",
                            list.stream().map(PythonValues::representation).toList()) + "]";
        }
        if (value instanceof Map<?, ?> map) {
            List<String> entries = new ArrayList<>();
            map.forEach((k, v) -> entries.add(representation(k) + ": " + representation(v)));
            return "{" + String.join(", ", entries) + "}";
        }
        if (value instanceof Long || value instanceof BigInteger || value instanceof Undefined) {
            return value instanceof Undefined ? "Undefined" : value.toString();
        }
        throw new ChatTemplateException("%s cannot be written as text".formatted(kind(value)));
    }

    private static String escape(int character, char quote) {
        return switch (character) {
            case '\n' -> "\\n";
            case '\t' -> "\\t";
            case '\r' -> "\\r";
            case '\\' -> "\\\\";
            default -> {
                if (character == quote) {
                    yield "\\" + quote;
                }
                String form = character < 0x100 ? "\\x%02x" : character < 0x10000 ? "\\u%04x" : "\\U%08x";
                yield isPrintable(character) ? Character.toString(character) : form.formatted(character);
            }
        };
    }

    private static boolean isPrintable(int character) {
        return character == ' '
                || switch (Character.getType(character)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SPACE_SEPARATOR -> false;
                    default -> true;
                };
    }

    /** What {@code str.isspace()} holds of a character. */
    static boolean isSpace(int character) {
        return Character.isWhitespace(character) || Character.isSpaceChar(character) || character == 0x85;
    }

    static String number(double value) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            return Double.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
        }
        String sign = Double.doubleToRawLongBits(value) < 0 ? "-" : "";
        BigDecimal digits = shortest(Math.abs(value));
        int exponent = digits.signum() == 0 ? 0 : digits.precision() - digits.scale() - 1;
        if (exponent < -4 || exponent >= 16) {
            return "%s%se%s%02d"
                    .formatted(
                            sign,
                            digits.movePointLeft(exponent).stripTrailingZeros().toPlainString(),
                            exponent < 0 ? "-" : "+",
                            Math.abs(exponent));
        }
        String plain = sign + digits.toPlainString();
        return plain.contains(".") ? plain : plain + ".0";
    }

    /** The fewest digits that are read as the number again, of several the nearest; Java's own text has more at times. */
    private static BigDecimal shortest(double value) {
        BigDecimal exact = new BigDecimal(value);
        for (int digits = 1; digits < 17; digits++) {
            BigDecimal rounded = exact.round(new MathContext(digits, RoundingMode.HALF_EVEN));
            if (rounded.doubleValue() == value) {
                return rounded.stripTrailingZeros();
            }
        }
        return exact.round(new MathContext(17, RoundingMode.HALF_EVEN)).stripTrailingZeros();
    }

    static boolean equal(Object left, Object right) {
        if (left instanceof Undefined || right instanceof Undefined) {
            return left instanceof Undefined && right instanceof Undefined;
        }
        if (isNumber(left) && isNumber(right)) {
            return order(left, right) == 0 && !isNaN(left) && !isNaN(right);
        }
        if (left instanceof List<?> a && right instanceof List<?> b) {
            return left instanceof Tuple == right instanceof Tuple
                    && a.size() == b.size()
                    && IntStream.range(0, a.size()).allMatch(i -> equal(a.get(i), b.get(i)));
        }
        return Objects.equals(left, right);
    }

    static int compare(Object left, Object right) {
        if (isNumber(left) && isNumber(right)) {
            return order(left, right);
        }
        if (left instanceof String a && right instanceof String b) {
            return Arrays.compare(a.codePoints().toArray(), b.codePoints().toArray());
        }
        if (left instanceof List<?> a
                && right instanceof List<?> b
                && left instanceof Tuple == right instanceof Tuple) {
            for (int i = 0; i < Math.min(a.size(), b.size()); i++) {
                if (!equal(a.get(i), b.get(i))) {
                    return compare(a.get(i), b.get(i));
                }
            }
            return Integer.compare(a.size(), b.size());
        }
        throw new ChatTemplateException("%s and %s have no order".formatted(kind(left), kind(right)));
    }

    /** Numbers are compared by their exact values, as Python does it, whatever holds them. */
    private static int order(Object left, Object right) {
        boolean exact = !(left instanceof Double) && !(right instanceof Double);
        boolean finite = Double.isFinite(asDouble(left)) && Double.isFinite(asDouble(right));
        return exact || finite ? exact(left).compareTo(exact(right)) : Double.compare(asDouble(left), asDouble(right));
    }

    private static BigDecimal exact(Object number) {
        if (number instanceof Double value) {
            return new BigDecimal(value);
        }
        return new BigDecimal(integer(number));
    }

    private static boolean isNaN(Object value) {
        return value instanceof Double number && number.isNaN();
    }

    /** A whole number as the values of templates have it. */
    static Object whole(BigInteger number) {
        return number.bitLength() < 64 ? (Object) number.longValue() : number;
    }

    /** A whole number as such, however large. */
    static BigInteger integer(Object value) {
        return value instanceof BigInteger large ? large : BigInteger.valueOf(asLong(value));
    }

    static boolean contains(Object container, Object element) {
        if (container instanceof String text && element instanceof String part) {
            return text.contains(part);
        }
        if (container instanceof Map<?, ?> map) {
            return map.containsKey(element);
        }
        if (container instanceof List<?> list) {
            return list.stream().anyMatch(e -> equal(e, element));
        }
        if (container instanceof Undefined) {
            return false;
        }
        throw new ChatTemplateException("%s holds nothing that \"in\" could find".formatted(kind(container)));
    }

    /** Booleans count as numbers, as in Python. */
    static boolean isNumber(Object value) {
        return value instanceof Number || value instanceof Boolean;
    }

    static double asDouble(Object value) {
        if (value instanceof Boolean flag) {
            return flag ? 1 : 0;
        }
        return ((Number) value).doubleValue();
    }

    static long asLong(Object value) {
        if (value instanceof Long number) {
            return number;
        }
        if (value instanceof Boolean flag) {
            return flag ? 1 : 0;
        }
        throw new ChatTemplateException("%s where a whole number was expected".formatted(kind(value)));
    }

    static String asText(Object value) {
        if (value instanceof String text) {
            return text;
        }
        throw new ChatTemplateException("%s where text was expected".formatted(kind(value)));
    }

    /** The elements that a loop would go over; a copy. */
    static List<Object> elements(Object value) {
        if (value instanceof List<?> list) {
            return new ArrayList<>(list);
        }
        if (value instanceof Map<?, ?> map) {
            return new ArrayList<>(map.keySet());
        }
        if (value instanceof String text) {
            return new ArrayList<>(
                    text.codePoints().mapToObj(Character::toString).toList());
        }
        if (value instanceof Undefined) {
            return new ArrayList<>();
        }
        throw new ChatTemplateException("%s cannot be gone over".formatted(kind(value)));
    }

    static long length(Object value) {
        if (value instanceof String text) {
            return text.codePointCount(0, text.length());
        }
        return elements(value).size();
    }

    /** {@code value[from:to:step]} with Python's rules for what is negative, missing or too large. */
    static Object slice(Object value, Long from, Long to, Long step) {
        if (!(value instanceof String) && !(value instanceof List<?>)) {
            throw new ChatTemplateException("%s has no slices".formatted(kind(value)));
        }
        List<Object> elements = elements(value);
        long stride = step == null ? 1 : step;
        if (stride == 0) {
            throw new ChatTemplateException("a slice with step 0");
        }
        long size = elements.size();
        long first = bound(from, stride > 0 ? 0 : size - 1, size, stride);
        long last = bound(to, stride > 0 ? size : -1, size, stride);
        List<Object> result = new ArrayList<>();
        for (long i = first; stride > 0 ? i < last : i > last; i += stride) {
            result.add(elements.get((int) i));
        }
        return value instanceof String
                ? String.join("", result.stream().map(Object::toString).toList())
                : value instanceof Tuple ? new Tuple(result) : result;
    }

    private static long bound(Long given, long missing, long size, long stride) {
        if (given == null) {
            return missing;
        }
        long place = given < 0 ? given + size : given;
        long least = stride > 0 ? 0 : -1;
        long most = stride > 0 ? size : size - 1;
        return Math.max(least, Math.min(most, place));
    }

    static String kind(Object value) {
        if (value instanceof Undefined undefined) {
            return "%s, which is undefined,".formatted(undefined.name());
        }
        if (value == null) {
            return "none";
        }
        if (value instanceof String) {
            return "text";
        }
        if (value instanceof List<?>) {
            return value instanceof Tuple ? "a tuple" : "a list";
        }
        if (value instanceof Map<?, ?>) {
            return "a dictionary";
        }
        return isNumber(value) ? "the number " + representation(value) : "a function or namespace";
    }
}
