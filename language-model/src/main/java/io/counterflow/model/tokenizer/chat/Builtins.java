package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.asLong;
import static io.counterflow.model.tokenizer.chat.PythonValues.asText;
import static io.counterflow.model.tokenizer.chat.PythonValues.elements;

import java.time.ZonedDateTime;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/** The functions, filters and tests that templates know: Jinja's own that occur, and those that transformers adds. */
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
        functions.put("namespace", (Callable) (a, n) -> new Namespace(new LinkedHashMap<>(n)));
        functions.put("dict", (Callable) (a, n) -> new LinkedHashMap<Object, Object>(n));
        functions.put("range", (Callable) (a, n) -> range(a));
        return functions;
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

    static Object filter(String name, Object input, List<Object> a, Map<String, Object> n) {
        return switch (name) {
            case "trim" -> Methods.strip(PythonValues.text(input), a, true, true);
            case "upper" -> PythonValues.text(input).toUpperCase(Locale.ROOT);
            case "lower" -> PythonValues.text(input).toLowerCase(Locale.ROOT);
            case "title" -> Methods.title(PythonValues.text(input));
            case "capitalize" -> Methods.capitalize(PythonValues.text(input));
            case "length", "count" -> PythonValues.length(input);
            case "string" -> PythonValues.text(input);
            case "safe" -> input;
            case "list" -> elements(input);
            case "first" ->
                elements(input).isEmpty()
                        ? new Undefined("first")
                        : elements(input).get(0);
            case "last" ->
                elements(input).isEmpty()
                        ? new Undefined("last")
                        : elements(input).get(elements(input).size() - 1);
            case "reverse" ->
                input instanceof String text ? new StringBuilder(text).reverse().toString() : reversed(input);
            case "join" -> join(input, argument(a, n, 0, "d", ""), argument(a, n, 1, "attribute", null));
            case "default", "d" ->
                input instanceof Undefined
                                || PythonValues.isTrue(argument(a, n, 1, "boolean", false))
                                        && !PythonValues.isTrue(input)
                        ? argument(a, n, 0, "default_value", "")
                        : input;
            case "replace" -> Methods.replace(PythonValues.text(input), a);
            case "tojson" -> {
                Object indent = argument(a, n, 0, "indent", null);
                yield PythonJson.of(input, indent == null ? null : asLong(indent));
            }
            case "items" -> input instanceof Map<?, ?> map ? Methods.items(map) : elements(input);
            case "dictsort" -> {
                List<Object> items = Methods.items((Map<?, ?>) input);
                items.sort(Comparator.comparing(e -> ((List<?>) e).get(0), PythonValues::compare));
                yield items;
            }
            case "sort" -> sorted(input, argument(a, n, 2, "attribute", null), argument(a, n, 0, "reverse", false));
            case "unique" -> unique(input);
            case "int" -> whole(input);
            case "float" ->
                PythonValues.isNumber(input)
                        ? PythonValues.asDouble(input)
                        : Double.parseDouble(PythonValues.text(input).strip());
            case "abs" ->
                input instanceof Long number ? (Object) Math.abs(number) : Math.abs(PythonValues.asDouble(input));
            case "indent" ->
                indent(PythonValues.text(input), argument(a, n, 0, "width", 4L), argument(a, n, 1, "first", false));
            case "selectattr" -> selectByAttribute(input, a, true);
            case "rejectattr" -> selectByAttribute(input, a, false);
            case "select" -> select(input, a, true);
            case "reject" -> select(input, a, false);
            case "map" -> map(input, a, n);
            default -> throw new ChatTemplateException("the filter %s is not supported".formatted(name));
        };
    }

    private static Object argument(
            List<Object> positional, Map<String, Object> named, int place, String name, Object fallback) {
        return place < positional.size() ? positional.get(place) : named.getOrDefault(name, fallback);
    }

    private static List<Object> reversed(Object input) {
        List<Object> list = elements(input);
        Collections.reverse(list);
        return list;
    }

    private static String join(Object input, Object separator, Object attribute) {
        return String.join(
                asText(separator),
                elements(input).stream()
                        .map(e -> PythonValues.text(attribute == null ? e : attribute(e, asText(attribute))))
                        .toList());
    }

    private static List<Object> sorted(Object input, Object attribute, Object reverse) {
        List<Object> list = elements(input);
        Comparator<Object> order = Comparator.comparing(
                e -> attribute == null ? e : attribute(e, asText(attribute)), PythonValues::compare);
        list.sort(PythonValues.isTrue(reverse) ? order.reversed() : order);
        return list;
    }

    private static List<Object> unique(Object input) {
        List<Object> result = new ArrayList<>();
        for (Object element : elements(input)) {
            if (!PythonValues.contains(result, element)) {
                result.add(element);
            }
        }
        return result;
    }

    private static long whole(Object input) {
        try {
            return PythonValues.isNumber(input)
                    ? (long) PythonValues.asDouble(input)
                    : Long.parseLong(PythonValues.text(input).strip());
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static String indent(String text, Object width, Object first) {
        String margin = width instanceof String given ? given : " ".repeat((int) Math.min(asLong(width), 100));
        String rest = text.replaceAll("\n(?=[^\n])", "\n" + margin);
        return PythonValues.isTrue(first) ? margin + rest : rest;
    }

    private static List<Object> selectByAttribute(Object input, List<Object> a, boolean keep) {
        Predicate<Object> test =
                a.size() < 2 ? PythonValues::isTrue : value -> test(asText(a.get(1)), value, a.subList(2, a.size()));
        List<Object> list = elements(input);
        list.removeIf(e -> test.test(attribute(e, asText(a.get(0)))) != keep);
        return list;
    }

    private static List<Object> select(Object input, List<Object> a, boolean keep) {
        Predicate<Object> test =
                a.isEmpty() ? PythonValues::isTrue : value -> test(asText(a.get(0)), value, a.subList(1, a.size()));
        List<Object> list = elements(input);
        list.removeIf(e -> test.test(e) != keep);
        return list;
    }

    private static List<Object> map(Object input, List<Object> a, Map<String, Object> n) {
        List<Object> list = elements(input);
        if (n.containsKey("attribute")) {
            String name = asText(n.get("attribute"));
            list.replaceAll(e -> {
                Object value = attribute(e, name);
                return value instanceof Undefined && n.containsKey("default") ? n.get("default") : value;
            });
        } else {
            list.replaceAll(e -> filter(asText(a.get(0)), e, a.subList(1, a.size()), Map.of()));
        }
        return list;
    }

    private static Object attribute(Object object, String path) {
        Object value = object;
        for (String name : path.split("\\.")) {
            value = value instanceof Map<?, ?> map && map.containsKey(name) ? map.get(name) : new Undefined(name);
        }
        return value;
    }

    static boolean test(String name, Object value, List<Object> a) {
        return switch (name) {
            case "defined" -> !(value instanceof Undefined);
            case "undefined" -> value instanceof Undefined;
            case "none" -> value == null;
            case "string" -> value instanceof String;
            case "number" -> PythonValues.isNumber(value);
            case "integer" -> value instanceof Long;
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
            case "lower" -> asText(value).equals(asText(value).toLowerCase(Locale.ROOT));
            case "upper" -> asText(value).equals(asText(value).toUpperCase(Locale.ROOT));
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
}
