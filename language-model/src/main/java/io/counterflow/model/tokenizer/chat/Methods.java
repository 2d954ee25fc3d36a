package io.counterflow.model.tokenizer.chat;

import static io.counterflow.model.tokenizer.chat.PythonValues.asLong;
import static io.counterflow.model.tokenizer.chat.PythonValues.asText;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The methods of Python's text, lists and dictionaries that templates call; those that change a value are not among them. */
final class Methods {
    private Methods() {}

    /** A method bound to its object, or null if there is none of that name. */
    static Callable of(Object object, String name) {
        if (object instanceof String text) {
            return text(text, name);
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

    private static Callable text(String text, String name) {
        return switch (name) {
            case "strip" -> (a, n) -> strip(text, a, true, true);
            case "lstrip" -> (a, n) -> strip(text, a, true, false);
            case "rstrip" -> (a, n) -> strip(text, a, false, true);
            case "upper" -> (a, n) -> text.toUpperCase(Locale.ROOT);
            case "lower" -> (a, n) -> text.toLowerCase(Locale.ROOT);
            case "title" -> (a, n) -> title(text);
            case "capitalize" -> (a, n) -> capitalize(text);
            case "startswith" -> (a, n) -> any(a.get(0), text::startsWith);
            case "endswith" -> (a, n) -> any(a.get(0), text::endsWith);
            case "split" -> (a, n) -> split(text, a, n);
            case "splitlines" -> (a, n) -> new ArrayList<Object>(text.lines().toList());
            case "replace" -> (a, n) -> replace(text, a);
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
            case "removesuffix" ->
                (a, n) -> text.endsWith(asText(a.get(0)))
                        ? text.substring(0, text.length() - asText(a.get(0)).length())
                        : text;
            default -> null;
        };
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
        map.forEach((k, v) -> items.add(Arrays.asList(k, v)));
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
        return characters == null ? Character.isWhitespace(c) || Character.isSpaceChar(c) : characters.indexOf(c) >= 0;
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
            String stripped = strip(text, List.of(), true, true);
            return stripped.isEmpty()
                    ? new ArrayList<Object>()
                    : new ArrayList<Object>(Arrays.asList(stripped.split("\\s+", parts)));
        }
        if (asText(separator).isEmpty()) {
            throw new ChatTemplateException("split needs a separator that is not empty");
        }
        return new ArrayList<Object>(Arrays.asList(text.split(Pattern.quote(asText(separator)), parts)));
    }

    static String replace(String text, List<Object> arguments) {
        String old = asText(arguments.get(0));
        String replacement = asText(arguments.get(1));
        if (arguments.size() < 3 || arguments.get(2) == null || asLong(arguments.get(2)) < 0) {
            return text.replace(old, replacement);
        }
        String once = text.replaceFirst(Pattern.quote(old), Matcher.quoteReplacement(replacement));
        if (asLong(arguments.get(2)) > 1) {
            throw new ChatTemplateException("replace with a count above 1 is not supported");
        }
        return asLong(arguments.get(2)) == 0 ? text : once;
    }

    private static long count(String text, String part) {
        long count = 0;
        for (int i = text.indexOf(part); i >= 0 && !part.isEmpty(); i = text.indexOf(part, i + part.length())) {
            count++;
        }
        return count;
    }
}
