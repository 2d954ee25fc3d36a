package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.asLong;
import static io.counterflow.model.tokenizer.chat.PythonValues.asText;

import java.math.BigInteger;
import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** The functions and tests that templates know: Jinja's own that occur, and those that transformers adds. */
final class Builtins {
    private static final int LONGEST_RANGE = 100_000;

    private Builtins() {}

    /** Functions by name; {@code now} is what strftime_now tells. */
    static Map<String, Object> functions(ZonedDateTime now) {
        Map<String, Object> functions = new HashMap<>();
        functions.put("raise_exception", (Callable) (a, n) -> {
            throw new ChatTemplateException("the template refuses these messages: " + PythonValues.text(a.get(0)));
        });
        functions.put("strftime_now", (Callable) (a, n) -> format(asText(a.get(0)), now));
        functions.put("namespace", (Callable) (a, n) -> {
            Map<String, Object> attributes = new LinkedHashMap<>();
            dictionary(a, n).forEach((name, value) -> attributes.put(asText(name), value));
            return new Namespace(attributes);
        });
        functions.put("joiner", (Callable) (a, n) -> joiner(a.isEmpty() ? n.getOrDefault("sep", ", ") : a.get(0)));
        functions.put("cycler", (Callable) (a, n) -> cycler(a));
        functions.put("lipsum", (Callable) (a, n) -> {
            throw new ChatTemplateException("lipsum writes by chance, which is not supported");
        });
        functions.put("dict", (Callable) Builtins::dictionary);
        functions.put("range", (Callable) (a, n) -> range(a));
        return functions;
    }

    /** Nothing when it is called first, the separator from then on. */
    private static Callable joiner(Object separator) {
        AtomicBoolean used = new AtomicBoolean();
        return (a, n) -> used.getAndSet(true) ? separator : "";
    }

    private static Namespace cycler(List<Object> items) {
        if (items.isEmpty()) {
            throw new ChatTemplateException("a cycler of nothing");
        }
        Map<String, Object> attributes = new HashMap<>();
        AtomicInteger place = new AtomicInteger();
        attributes.put("current", items.get(0));
        attributes.put("next", (Callable) (a, n) -> {
            Object item = items.get(place.get());
            place.set((place.get() + 1) % items.size());
            attributes.put("current", items.get(place.get()));
            return item;
        });
        attributes.put("reset", (Callable) (a, n) -> {
            place.set(0);
            attributes.put("current", items.get(0));
            return null;
        });
        return new Namespace(attributes);
    }

    private static Map<Object, Object> dictionary(List<Object> arguments, Map<String, Object> named) {
        Map<Object, Object> dictionary = new LinkedHashMap<>();
        for (Object argument : arguments) {
            if (!(argument instanceof Map<?, ?> other)) {
                throw new ChatTemplateException(
                        "a dictionary of %s is not supported".formatted(PythonValues.kind(argument)));
            }
            dictionary.putAll(other);
        }
        dictionary.putAll(named);
        return dictionary;
    }

    private static List<Object> range(List<Object> arguments) {
        long from = arguments.size() < 2 ? 0 : asLong(arguments.get(0));
        long to = asLong(arguments.get(arguments.size() < 2 ? 0 : 1));
        long step = arguments.size() < 3 ? 1 : asLong(arguments.get(2));
        if (step == 0) {
            throw new ChatTemplateException("a range with step 0");
        }
        List<Object> numbers = new ArrayList<>();
        for (long i = from; step > 0 ? i < to : i > to; i += step) {
            if (numbers.size() == LONGEST_RANGE) {
                throw new ChatTemplateException("a range of more than %d numbers".formatted(LONGEST_RANGE));
            }
            numbers.add(i);
        }
        return numbers;
    }

    /** Python's strftime for the directives that have a meaning in any place. */
    static String format(String pattern, ZonedDateTime now) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char c = pattern.charAt(i);
            if (c != '%' || i + 1 == pattern.length()) {
                out.append(c);
                continue;
            }
            i++;
            boolean bare = pattern.charAt(i) == '-' && i + 1 < pattern.length();
            i += bare ? 1 : 0;
            String digits = bare ? "%d" : "%02d";
            out.append(
                    switch (pattern.charAt(i)) {
                        case 'd' -> digits.formatted(now.getDayOfMonth());
                        case 'm' -> digits.formatted(now.getMonthValue());
                        case 'Y' -> "%04d".formatted(now.getYear());
                        case 'y' -> "%02d".formatted(now.getYear() % 100);
                        case 'b' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.US);
                        case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.US);
                        case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.US);
                        case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.US);
                        case 'H' -> digits.formatted(now.getHour());
                        case 'I' -> digits.formatted((now.getHour() + 11) % 12 + 1);
                        case 'M' -> digits.formatted(now.getMinute());
                        case 'S' -> digits.formatted(now.getSecond());
                        case 'p' -> now.getHour() < 12 ? "AM" : "PM";
                        case 'j' -> "%03d".formatted(now.getDayOfYear());
                        case '%' -> "%";
                        default ->
                            throw new ChatTemplateException(
                                    "strftime_now with %%%s is not supported".formatted(pattern.charAt(i)));
                    });
        }
        return out.toString();
    }

    static boolean test(String name, Object value, List<Object> a) {
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == null;
            case "string" -> value instanceof String;
            case "number" -> PythonValues.isNumber(value);
            case "integer" -> value instanceof Long || value instanceof BigInteger;
            case "float" -> value instanceof Double;
            case "boolean" -> value instanceof Boolean;
            case "true" -> Boolean.TRUE.equals(value);
            case "false" -> Boolean.FALSE.equals(value);
            case "mapping" -> value instanceof Map<?, ?>;
            case "sequence", "iterable" ->
                value instanceof String
                        || value instanceof List<?>
                        || value instanceof Map<?, ?>
                        || value instanceof Undefined;
            case "callable" -> value instanceof Callable;
            case "odd" -> Math.floorMod(asLong(value), 2) == 1;
            case "even" -> Math.floorMod(asLong(value), 2) == 0;
            case "divisibleby" -> asLong(value) % asLong(a.get(0)) == 0;
            case "lower" -> isInCase(asText(value), asText(value).toLowerCase(Locale.ROOT));
            case "upper" -> isInCase(asText(value), asText(value).toUpperCase(Locale.ROOT));
            case "equalto", "eq", "sameas" -> PythonValues.equal(value, a.get(0));
            case "ne" -> !PythonValues.equal(value, a.get(0));
            case "in" -> PythonValues.contains(a.get(0), value);
            case "gt", "greaterthan" -> PythonValues.compare(value, a.get(0)) > 0;
            case "ge" -> PythonValues.compare(value, a.get(0)) >= 0;
            case "lt", "lessthan" -> PythonValues.compare(value, a.get(0)) < 0;
            case "le" -> PythonValues.compare(value, a.get(0)) <= 0;
            default -> throw new ChatTemplateException("the test %s is not supported".formatted(name));
        };
    }

    /** A text without letters that have cases is in none. */
    private static boolean isInCase(String text, String converted) {
        return text.equals(converted) && !text.toLowerCase(Locale.ROOT).equals(text.toUpperCase(Locale.ROOT));
    }
}
