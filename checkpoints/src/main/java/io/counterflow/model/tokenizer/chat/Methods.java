package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.asLong;
import static io.counterflow.model.tokenizer.chat.PythonValues.asText;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/** The methods of Python's text, lists and dictionaries that templates call; those that change a value are not among them. */
final class Methods {
    private static final long WIDEST = 10_000;
    private static final Set<String> NAMED = Set.of("split", "format");
    private static final Pattern LINE_END = Pattern.compile("\\r\\n|[\\n\\r\\x0b\\f\\x1c-\\x1e\\x85\\u2028\\u2029]");

    private Methods() {}

    /** A method bound to its object, or null if there is none of that name. */
    static Callable of(Object object, String name) {
        if (object instanceof String text) {
            Callable method = text(text, name);
            return method == null ? null : limited(method, name);
        }
        if (object instanceof Map<?, ?> map) {
            return dictionary(map, name);
        }
        if (object instanceof List<?> list) {
            return switch (name) {
                case "index" -> (a, n) -> index(list, a.get(0));
                case "count" ->
                    (a, n) -> list.stream()
                            .filter(e -> PythonValues.equal(e, a.get(0)))
                            .count();
                default -> null;
            };
        }
        return null;
    }

    /** Python's methods take more arguments than these; to ignore one would be to compute something else. */
    private static Callable limited(Callable method, String name) {
        int most =
                switch (name) {
                    case "split", "ljust", "rjust" -> 2;
                    case "replace" -> 3;
                    case "format" -> Integer.MAX_VALUE;
                    case "upper", "lower", "title", "capitalize", "swapcase", "splitlines", "isdigit" -> 0;
                    default -> 1;
                };
        return (a, n) -> {
            if (a.size() > most || !n.isEmpty() && !NAMED.contains(name)) {
                throw new ChatTemplateException(
                        "the method %s is supported with at most %d arguments, without names".formatted(name, most));
            }
            return method.call(a, n);
        };
    }

    private static Callable text(String text, String name) {
        return switch (name) {
            case "strip" -> (a, n) -> strip(text, a, true, true);
            case "lstrip" -> (a, n) -> strip(text, a, true, false);
            case "rstrip" -> (a, n) -> strip(text, a, false, true);
            case "upper" -> (a, n) -> text.toUpperCase(Locale.ROOT);
            case "lower" -> (a, n) -> text.toLowerCase(Locale.ROOT);
            case "title" -> (a, n) -> title(text);
            case "capitalize" -> (a, n) -> capitalize(text);
            case "swapcase" -> (a, n) -> swapped(text);
            case "startswith" -> (a, n) -> any(a.get(0), text::startsWith);
            case "endswith" -> (a, n) -> any(a.get(0), text::endsWith);
            case "split" -> (a, n) -> split(text, a, n);
            case "splitlines" -> (a, n) -> lines(text);
            case "replace" ->
                (a, n) -> replace(text, asText(a.get(0)), asText(a.get(1)), a.size() > 2 ? a.get(2) : null);
            case "join" ->
                (a, n) -> String.join(
                        text,
                        PythonValues.elements(a.get(0)).stream()
                                .map(PythonValues::asText)
                                .toList());
            case "find" -> (a, n) -> (long) text.indexOf(asText(a.get(0)));
            case "count" -> (a, n) -> count(text, asText(a.get(0)));
            case "isdigit" -> (a, n) -> !text.isEmpty() && text.chars().allMatch(Character::isDigit);
            case "removeprefix" ->
                (a, n) -> text.startsWith(asText(a.get(0)))
                        ? text.substring(asText(a.get(0)).length())
                        : text;
            case "format" -> (a, n) -> BraceFormat.format(text, a, n);
            case "zfill" -> (a, n) -> zeros(text, asLong(a.get(0)));
            case "ljust" -> (a, n) -> text + padding(text, a);
            case "rjust" -> (a, n) -> padding(text, a) + text;
            case "partition" -> (a, n) -> parted(text, asText(a.get(0)), false);
            case "rpartition" -> (a, n) -> parted(text, asText(a.get(0)), true);
            case "removesuffix" ->
                (a, n) -> text.endsWith(asText(a.get(0)))
                        ? text.substring(0, text.length() - asText(a.get(0)).length())
                        : text;
            default -> null;
        };
    }

    private static String padding(String text, List<Object> arguments) {
        String fill = arguments.size() > 1 ? asText(arguments.get(1)) : " ";
        if (fill.codePointCount(0, fill.length()) != 1) {
            throw new ChatTemplateException("a text is filled up with one character, not '%s'".formatted(fill));
        }
        long missing = asLong(arguments.get(0)) - text.codePointCount(0, text.length());
        if (missing > WIDEST) {
            throw new ChatTemplateException("a text is filled up by at most %d characters".formatted(WIDEST));
        }
        return fill.repeat((int) Math.max(0, missing));
    }

    private static String zeros(String text, long width) {
        int sign = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
        return text.substring(0, sign) + padding(text, List.of(width, "0")) + text.substring(sign);
    }

    private static Tuple parted(String text, String separator, boolean fromEnd) {
        if (separator.isEmpty()) {
            throw new ChatTemplateException("partition needs a separator that is not empty");
        }
        int at = fromEnd ? text.lastIndexOf(separator) : text.indexOf(separator);
        if (at < 0) {
            return fromEnd ? Tuple.of("", "", text) : Tuple.of(text, "", "");
        }
        return Tuple.of(text.substring(0, at), separator, text.substring(at + separator.length()));
    }

    private static Callable dictionary(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" -> (a, n) -> items(map);
            case "keys" -> (a, n) -> new ArrayList<Object>(map.keySet());
            case "values" -> (a, n) -> new ArrayList<Object>(map.values());
            case "get" -> (a, n) -> map.containsKey(a.get(0)) ? map.get(a.get(0)) : a.size() > 1 ? a.get(1) : null;
            default -> null;
        };
    }

    static List<Object> items(Map<?, ?> map) {
        List<Object> items = new ArrayList<>();
        map.forEach((k, v) -> items.add(Tuple.of(k, v)));
        return items;
    }

    private static Object index(List<?> list, Object element) {
        for (int i = 0; i < list.size(); i++) {
            if (PythonValues.equal(list.get(i), element)) {
                return (long) i;
            }
        }
        throw new ChatTemplateException("%s is not in the list".formatted(PythonValues.representation(element)));
    }

    static String strip(String text, List<Object> arguments, boolean left, boolean right) {
        String characters = arguments.isEmpty() || arguments.get(0) == null ? null : asText(arguments.get(0));
        int from = 0;
        int to = text.length();
        while (left && from < to && isStripped(text.charAt(from), characters)) {
            from++;
        }
        while (right && to > from && isStripped(text.charAt(to - 1), characters)) {
            to--;
        }
        return text.substring(from, to);
    }

    private static boolean isStripped(char c, String characters) {
        return characters == null ? PythonValues.isSpace(c) : characters.indexOf(c) >= 0;
    }

    static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean inWord = false;
        for (char c : text.toCharArray()) {
            out.append(inWord ? Character.toLowerCase(c) : Character.toUpperCase(c));
            inWord = Character.isLetter(c);
        }
        return out.toString();
    }

    static String capitalize(String text) {
        return text.isEmpty()
                ? text
                : text.substring(0, 1).toUpperCase(Locale.ROOT)
                        + text.substring(1).toLowerCase(Locale.ROOT);
    }

    private static String swapped(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().mapToObj(Character::toString).forEach(one -> {
            String upper = one.toUpperCase(Locale.ROOT);
            out.append(one.equals(upper) ? one.toLowerCase(Locale.ROOT) : upper);
        });
        return out.toString();
    }

    private static boolean any(Object candidates, Predicate<String> test) {
        return candidates instanceof List<?> list
                ? list.stream().anyMatch(c -> test.test(asText(c)))
                : test.test(asText(candidates));
    }

    private static Object split(String text, List<Object> arguments, Map<String, Object> named) {
        Object separator = arguments.isEmpty() ? named.get("sep") : arguments.get(0);
        Object most = arguments.size() > 1 ? arguments.get(1) : named.get("maxsplit");
        long limit = most == null ? -1 : asLong(most);
        int parts = limit < 0 ? -1 : (int) Math.min(limit + 1, Integer.MAX_VALUE);
        if (separator == null) {
            return words(text, limit);
        }
        if (asText(separator).isEmpty()) {
            throw new ChatTemplateException("split needs a separator that is not empty");
        }
        return new ArrayList<Object>(Arrays.asList(text.split(Pattern.quote(asText(separator)), parts)));
    }

    private static List<Object> words(String text, long limit) {
        List<Object> words = new ArrayList<>();
        String rest = strip(text, List.of(), true, false);
        while (!rest.isEmpty()) {
            int end = 0;
            while (end < rest.length() && !PythonValues.isSpace(rest.charAt(end))) {
                end++;
            }
            if (limit >= 0 && words.size() == limit) {
                end = rest.length();
            }
            words.add(rest.substring(0, end));
            rest = strip(rest.substring(end), List.of(), true, false);
        }
        return words;
    }

    /** The lines of a text without what ends them, as {@code str.splitlines()} has them. */
    static List<Object> lines(String text) {
        List<Object> lines = new ArrayList<>(Arrays.asList(LINE_END.split(text, -1)));
        if (lines.get(lines.size() - 1).equals("")) {
            lines.remove(lines.size() - 1);
        }
        return lines;
    }

    /** @param count how many are replaced; all where it is null or negative */
    static String replace(String text, String old, String replacement, Object count) {
        if (old.isEmpty()) {
            throw new ChatTemplateException("replace needs a text that is not empty");
        }
        long most = count == null || asLong(count) < 0 ? Long.MAX_VALUE : asLong(count);
        StringBuilder out = new StringBuilder();
        int from = 0;
        for (int at = text.indexOf(old); at >= 0 && most > 0; at = text.indexOf(old, from)) {
            out.append(text, from, at).append(replacement);
            from = at + old.length();
            most--;
        }
        return out.append(text.substring(from)).toString();
    }

    private static long count(String text, String part) {
        long count = 0;
        for (int i = text.indexOf(part); i >= 0 && !part.isEmpty(); i = text.indexOf(part, i + part.length())) {
            count++;
        }
        return count;
    }
}
