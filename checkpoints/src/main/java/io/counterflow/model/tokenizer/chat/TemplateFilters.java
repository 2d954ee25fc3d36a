package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.asDouble;
import static io.counterflow.model.tokenizer.chat.PythonValues.asLong;
import static io.counterflow.model.tokenizer.chat.PythonValues.asText;
import static io.counterflow.model.tokenizer.chat.PythonValues.elements;
import static io.counterflow.model.tokenizer.chat.PythonValues.isTrue;
import static java.util.Map.entry;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/** Jinja's filters that occur in templates. One that is not known, or is given an argument that is not, is refused. */
final class TemplateFilters {
    /** What each filter can be given, in the order of its positional arguments. */
    private static final Map<String, List<String>> PARAMETERS = Map.ofEntries(
            entry("trim", List.of("chars")),
            entry("upper", List.of()),
            entry("lower", List.of()),
            entry("title", List.of()),
            entry("capitalize", List.of()),
            entry("length", List.of()),
            entry("count", List.of()),
            entry("string", List.of()),
            entry("safe", List.of()),
            entry("list", List.of()),
            entry("first", List.of()),
            entry("last", List.of()),
            entry("reverse", List.of()),
            entry("join", List.of("d", "attribute")),
            entry("default", List.of("default_value", "boolean")),
            entry("d", List.of("default_value", "boolean")),
            entry("replace", List.of("old", "new", "count")),
            entry("tojson", List.of("ensure_ascii", "indent", "separators", "sort_keys")),
            entry("items", List.of()),
            entry("dictsort", List.of("case_sensitive", "by", "reverse")),
            entry("sort", List.of("reverse", "case_sensitive", "attribute")),
            entry("unique", List.of("case_sensitive", "attribute")),
            entry("int", List.of("default")),
            entry("float", List.of("default")),
            entry("abs", List.of()),
            entry("sum", List.of("attribute", "start")),
            entry("min", List.of("case_sensitive", "attribute")),
            entry("max", List.of("case_sensitive", "attribute")),
            entry("round", List.of("precision", "method")),
            entry("wordcount", List.of()),
            entry("center", List.of("width")),
            entry("batch", List.of("linecount", "fill_with")),
            entry("slice", List.of("slices", "fill_with")),
            entry("groupby", List.of("attribute", "default", "case_sensitive")),
            entry("indent", List.of("width", "first", "blank")));

    private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

    private static final Pattern WHOLE = Pattern.compile("[+-]?\\d{1,300}");

    private static final Pattern NUMBER = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

    private TemplateFilters() {}

    static Object filter(String name, Object input, List<Object> positional, Map<String, Object> named) {
        return switch (name) {
            case "selectattr" -> selectByAttribute(input, positional, true);
            case "rejectattr" -> selectByAttribute(input, positional, false);
            case "select" -> select(input, positional, true);
            case "reject" -> select(input, positional, false);
            case "map" -> map(input, positional, named);
            case "format" ->
                PercentFormat.format(
                        PythonValues.text(input), named.isEmpty() ? new Tuple(positional) : named(positional, named));
            default -> apply(name, input, bind(name, positional, named));
        };
    }

    private static Map<String, Object> bind(String filter, List<Object> positional, Map<String, Object> named) {
        List<String> parameters = PARAMETERS.get(filter);
        if (parameters == null) {
            throw new ChatTemplateException("the filter %s is not supported".formatted(filter));
        }
        if (positional.size() > parameters.size() || !parameters.containsAll(named.keySet())) {
            throw new ChatTemplateException("the filter %s is supported with these arguments alone: %s"
                    .formatted(filter, parameters.isEmpty() ? "none" : String.join(", ", parameters)));
        }
        Map<String, Object> arguments = new HashMap<>(named);
        for (int i = 0; i < positional.size(); i++) {
            arguments.put(parameters.get(i), positional.get(i));
        }
        return arguments;
    }

    private static Object apply(String name, Object input, Map<String, Object> arguments) {
        return switch (name) {
            case "trim" ->
                TextMethods.strip(
                        PythonValues.text(input), Collections.singletonList(arguments.get("chars")), true, true);
            case "upper" -> PythonValues.text(input).toUpperCase(Locale.ROOT);
            case "lower" -> PythonValues.text(input).toLowerCase(Locale.ROOT);
            case "title" -> title(PythonValues.text(input));
            case "capitalize" -> TextCase.capitalize(PythonValues.text(input));
            case "length", "count" -> PythonValues.length(input);
            case "string" -> PythonValues.text(input);
            case "safe" -> input;
            case "list" -> elements(input);
            case "first" -> element(input, 0, name);
            case "last" -> element(input, elements(input).size() - 1, name);
            case "reverse" ->
                input instanceof String text ? new StringBuilder(text).reverse().toString() : reversed(input);
            case "join" -> join(input, arguments.getOrDefault("d", ""), arguments.get("attribute"));
            case "default", "d" ->
                input instanceof Undefined || isTrue(arguments.getOrDefault("boolean", false)) && !isTrue(input)
                        ? arguments.getOrDefault("default_value", "")
                        : input;
            case "replace" ->
                TextMethods.replace(
                        PythonValues.text(input),
                        asText(arguments.get("old")),
                        asText(arguments.get("new")),
                        arguments.get("count"));
            case "tojson" -> json(input, arguments);
            case "items" -> items(input);
            case "dictsort" -> sortedItems(input, arguments);
            case "sort" -> sorted(input, arguments);
            case "unique" -> unique(input, arguments);
            case "int" -> whole(input, arguments.getOrDefault("default", 0L));
            case "float" -> fraction(input, arguments.getOrDefault("default", 0.0));
            case "abs" ->
                input instanceof Double number
                        ? (Object) Math.abs(number)
                        : PythonValues.whole(PythonValues.integer(input).abs());
            case "sum" ->
                elements(input).stream()
                        .map(e -> attributeOf(e, arguments))
                        .reduce(arguments.getOrDefault("start", 0L), Evaluator::plus);
            // The first of equal ones, as in Python.
            case "min" -> element(sorted(input, arguments), 0, name);
            case "max" -> element(sorted(input, reversed(arguments)), 0, name);
            case "round" -> rounded(input, arguments);
            case "wordcount" -> wordCount(PythonValues.text(input));
            case "center" ->
                TextMethods.centred(PythonValues.text(input), asLong(arguments.getOrDefault("width", 80L)), " ");
            case "batch" -> Grouping.batches(input, arguments);
            case "slice" -> Grouping.slices(input, arguments);
            case "groupby" -> groups(input, arguments);
            case "indent" -> indent(asText(input), arguments);
            default -> throw new IllegalStateException("a filter with parameters and no meaning: " + name);
        };
    }

    private static Object element(Object input, int place, String name) {
        List<Object> elements = elements(input);
        return elements.isEmpty() ? new Undefined(name) : elements.get(place);
    }

    private static List<Object> reversed(Object input) {
        List<Object> list = elements(input);
        Collections.reverse(list);
        return list;
    }

    /** Words begin after white space, a hyphen or an opening bracket. */
    private static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean begins = true;
        for (int character : text.codePoints().toArray()) {
            String one = Character.toString(character);
            out.append(begins ? one.toUpperCase(Locale.ROOT) : one.toLowerCase(Locale.ROOT));
            begins = PythonValues.isSpace(character) || "-({[<".indexOf(character) >= 0;
        }
        return out.toString();
    }

    private static String join(Object input, Object separator, Object attribute) {
        return String.join(
                asText(separator),
                elements(input).stream()
                        .map(e -> PythonValues.text(attribute == null ? e : attribute(e, asText(attribute))))
                        .toList());
    }

    private static String json(Object input, Map<String, Object> arguments) {
        String json = PythonJson.of(input, arguments);
        return isTrue(arguments.getOrDefault("ensure_ascii", false)) ? ascii(json) : json;
    }

    private static String ascii(String json) {
        StringBuilder out = new StringBuilder();
        json.chars().forEach(c -> out.append(c < 0x80 ? String.valueOf((char) c) : "\\u%04x".formatted(c)));
        return out.toString();
    }

    private static List<Object> items(Object input) {
        if (input instanceof Undefined) {
            return new ArrayList<>();
        }
        if (!(input instanceof Map<?, ?> map)) {
            throw new ChatTemplateException("%s has no items".formatted(PythonValues.kind(input)));
        }
        return Methods.items(map);
    }

    private static List<Object> sortedItems(Object input, Map<String, Object> arguments) {
        Object by = arguments.getOrDefault("by", "key");
        if (!by.equals("key") && !by.equals("value")) {
            throw new ChatTemplateException("dictsort by %s; it must be key or value".formatted(by));
        }
        List<Object> items = items(input);
        items.sort(order(arguments, e -> ((List<?>) e).get(by.equals("key") ? 0 : 1)));
        return items;
    }

    private static List<Object> sorted(Object input, Map<String, Object> arguments) {
        List<Object> list = elements(input);
        list.sort(order(arguments, e -> attributeOf(e, arguments)));
        return list;
    }

    private static Comparator<Object> order(Map<String, Object> arguments, UnaryOperator<Object> key) {
        Comparator<Object> order = Comparator.comparing(e -> cased(key.apply(e), arguments), PythonValues::compare);
        return isTrue(arguments.getOrDefault("reverse", false)) ? order.reversed() : order;
    }

    private static Map<String, Object> reversed(Map<String, Object> arguments) {
        Map<String, Object> reversed = new HashMap<>(arguments);
        reversed.put("reverse", true);
        return reversed;
    }

    private static List<Object> unique(Object input, Map<String, Object> arguments) {
        List<Object> keys = new ArrayList<>();
        List<Object> result = new ArrayList<>();
        for (Object element : elements(input)) {
            Object key = cased(attributeOf(element, arguments), arguments);
            if (!PythonValues.contains(keys, key)) {
                keys.add(key);
                result.add(element);
            }
        }
        return result;
    }

    private static Object groups(Object input, Map<String, Object> arguments) {
        if (!arguments.containsKey("attribute")) {
            throw new ChatTemplateException("the filter groupby needs attribute");
        }
        UnaryOperator<Object> shown = e -> {
            Object value = attributeOf(e, arguments);
            return value instanceof Undefined && arguments.containsKey("default") ? arguments.get("default") : value;
        };
        return Grouping.groups(input, e -> cased(shown.apply(e), arguments), shown);
    }

    private static Object attributeOf(Object element, Map<String, Object> arguments) {
        Object attribute = arguments.get("attribute");
        return attribute == null ? element : attribute(element, asText(attribute));
    }

    /** Jinja compares without regard to case unless told otherwise. */
    private static Object cased(Object key, Map<String, Object> arguments) {
        return key instanceof String text && !isTrue(arguments.getOrDefault("case_sensitive", false))
                ? text.toLowerCase(Locale.ROOT)
                : key;
    }

    private static Object whole(Object input, Object fallback) {
        if (input instanceof String text) {
            return WHOLE.matcher(text.strip()).matches()
                    ? PythonValues.whole(new BigInteger(text.strip()))
                    : cut(fraction(text, null), fallback);
        }
        if (input instanceof Double) {
            return cut(input, fallback);
        }
        return PythonValues.isNumber(input) ? PythonValues.whole(PythonValues.integer(input)) : known(input, fallback);
    }

    private static Object cut(Object number, Object fallback) {
        return number instanceof Double value && Double.isFinite(value)
                ? PythonValues.whole(new BigDecimal(value).toBigInteger())
                : fallback;
    }

    private static Object fraction(Object input, Object fallback) {
        if (input instanceof String text) {
            return NUMBER.matcher(text.strip()).matches() ? (Object) Double.parseDouble(text.strip()) : fallback;
        }
        return PythonValues.isNumber(input) ? (Object) asDouble(input) : known(input, fallback);
    }

    /** Jinja's round: a whole number stays one by the common method, everything else becomes a fraction. */
    private static Object rounded(Object input, Map<String, Object> arguments) {
        Object method = arguments.getOrDefault("method", "common");
        long precision = asLong(arguments.getOrDefault("precision", 0L));
        if (!PythonValues.isNumber(input)) {
            throw new ChatTemplateException("round needs a number, not %s".formatted(PythonValues.kind(input)));
        }
        if (Math.abs(precision) > 300) {
            throw new ChatTemplateException("round to %d places".formatted(precision));
        }
        if (!method.equals("common") && !method.equals("ceil") && !method.equals("floor")) {
            throw new ChatTemplateException("method must be common, ceil or floor");
        }
        double number = asDouble(input);
        boolean whole = !(input instanceof Double);
        if (method.equals("common")) {
            BigDecimal exact = whole ? BigDecimal.valueOf(asLong(input)) : new BigDecimal(number);
            BigDecimal rounded = exact.setScale((int) precision, RoundingMode.HALF_EVEN);
            return whole ? (Object) rounded.longValueExact() : Math.copySign(rounded.doubleValue(), number);
        }
        double scale = Math.pow(10, precision);
        double above = method.equals("ceil") ? Math.ceil(number * scale) : Math.floor(number * scale);
        // Whole numbers of Python have no negative zero.
        return (above + 0.0) / scale;
    }

    private static long wordCount(String text) {
        return WORD.matcher(text).results().count();
    }

    private static Map<String, Object> named(List<Object> positional, Map<String, Object> named) {
        if (!positional.isEmpty()) {
            throw new ChatTemplateException("format takes values by place or by name, not both");
        }
        return named;
    }

    private static Object known(Object input, Object fallback) {
        if (input instanceof Undefined) {
            throw new ChatTemplateException("%s is no number".formatted(PythonValues.kind(input)));
        }
        return fallback;
    }

    private static String indent(String text, Map<String, Object> arguments) {
        Object width = arguments.getOrDefault("width", 4L);
        String margin = width instanceof String given ? given : " ".repeat((int) Math.min(asLong(width), 100));
        boolean blank = isTrue(arguments.getOrDefault("blank", false));
        StringBuilder out = new StringBuilder(isTrue(arguments.getOrDefault("first", false)) ? margin : "");
        String separator = "";
        for (Object line : TextMethods.lines(text + "\n")) {
            out.append(separator);
            if (!separator.isEmpty() && (blank || !line.equals(""))) {
                out.append(margin);
            }
            out.append(line);
            separator = "\n";
        }
        return out.toString();
    }

    private static List<Object> selectByAttribute(Object input, List<Object> a, boolean keep) {
        Predicate<Object> test = a.size() < 2
                ? PythonValues::isTrue
                : value -> Builtins.test(asText(a.get(1)), value, a.subList(2, a.size()));
        List<Object> list = elements(input);
        list.removeIf(e -> test.test(attribute(e, asText(a.get(0)))) != keep);
        return list;
    }

    private static List<Object> select(Object input, List<Object> a, boolean keep) {
        Predicate<Object> test = a.isEmpty()
                ? PythonValues::isTrue
                : value -> Builtins.test(asText(a.get(0)), value, a.subList(1, a.size()));
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
}
