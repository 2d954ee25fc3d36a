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

/** The methods of Python's {@code str} that templates call. Places and lengths count characters, not their halves. */
final class TextMethods {
    private static final long WIDEST = 10_000;
    private static final Pattern LINE_END = Pattern.compile("\\r\\n|[\\n\\r\\x0b\\f\\x1c-\\x1e\\x85\\u2028\\u2029]");

    /** What stands beside what in {@link #limited}: methods that can be given their arguments by name. */
    private static final Set<String> NAMED = Set.of("split", "rsplit", "format");

    private TextMethods() {}

    /** A method bound to its text, or null if there is none of that name. */
    static Callable of(String text, String name) {
        Callable method = method(text, name);
        return method == null ? null : limited(method, name);
    }

    /** Python's methods take more arguments than these; to ignore one would be to compute something else. */
    private static Callable limited(Callable method, String name) {
        int most =
                switch (name) {
                    case "split", "rsplit", "ljust", "rjust", "center" -> 2;
                    case "replace", "startswith", "endswith", "find", "rfind", "index", "rindex" -> 3;
                    case "format" -> Integer.MAX_VALUE;
                    case "upper",
                            "lower",
                            "title",
                            "capitalize",
                            "swapcase",
                            "splitlines",
                            "isdigit",
                            "isalpha",
                            "isalnum",
                            "isspace",
                            "isupper",
                            "islower",
                            "isascii",
                            "isdecimal" -> 0;
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

    private static Callable method(String text, String name) {
        return switch (name) {
            case "strip" -> (a, n) -> strip(text, a, true, true);
            case "lstrip" -> (a, n) -> strip(text, a, true, false);
            case "rstrip" -> (a, n) -> strip(text, a, false, true);
            case "upper" -> (a, n) -> text.toUpperCase(Locale.ROOT);
            case "lower" -> (a, n) -> text.toLowerCase(Locale.ROOT);
            case "title" -> (a, n) -> TextCase.title(text);
            case "capitalize" -> (a, n) -> TextCase.capitalize(text);
            case "swapcase" -> (a, n) -> TextCase.swapped(text);
            case "isdecimal", "isdigit", "isalpha", "isalnum", "isspace", "isupper", "islower", "isascii" ->
                (a, n) -> TextCase.is(name, text);
            case "startswith" -> (a, n) -> hasPart(text, a) && any(a.get(0), part(text, a)::startsWith);
            case "endswith" -> (a, n) -> hasPart(text, a) && any(a.get(0), part(text, a)::endsWith);
            case "find", "index" -> (a, n) -> found(name, text, a, false);
            case "rfind", "rindex" -> (a, n) -> found(name, text, a, true);
            case "count" -> (a, n) -> count(text, asText(a.get(0)));
            case "split" -> (a, n) -> split(text, a, n);
            case "rsplit" -> (a, n) -> splitFromEnd(text, a, n);
            case "splitlines" -> (a, n) -> lines(text);
            case "replace" ->
                (a, n) -> replace(text, asText(a.get(0)), asText(a.get(1)), a.size() > 2 ? a.get(2) : null);
            case "join" ->
                (a, n) -> String.join(
                        text,
                        PythonValues.elements(a.get(0)).stream()
                                .map(PythonValues::asText)
                                .toList());
            case "removeprefix" ->
                (a, n) -> text.startsWith(asText(a.get(0)))
                        ? text.substring(asText(a.get(0)).length())
                        : text;
            case "removesuffix" ->
                (a, n) -> text.endsWith(asText(a.get(0)))
                        ? text.substring(0, text.length() - asText(a.get(0)).length())
                        : text;
            case "format" -> (a, n) -> BraceFormat.format(text, a, n);
            case "zfill" -> (a, n) -> zeros(text, asLong(a.get(0)));
            case "ljust" -> (a, n) -> text + fill(a).repeat(missing(text, asLong(a.get(0))));
            case "rjust" -> (a, n) -> fill(a).repeat(missing(text, asLong(a.get(0)))) + text;
            case "center" -> (a, n) -> centred(text, asLong(a.get(0)), fill(a));
            case "partition" -> (a, n) -> parted(text, asText(a.get(0)), false);
            case "rpartition" -> (a, n) -> parted(text, asText(a.get(0)), true);
            default -> null;
        };
    }

    private static String fill(List<Object> arguments) {
        String fill = arguments.size() > 1 ? asText(arguments.get(1)) : " ";
        if (fill.codePointCount(0, fill.length()) != 1) {
            throw new ChatTemplateException("a text is filled up with one character, not '%s'".formatted(fill));
        }
        return fill;
    }

    private static int missing(String text, long width) {
        long missing = width - text.codePointCount(0, text.length());
        if (missing > WIDEST) {
            throw new ChatTemplateException("a text is filled up by at most %d characters".formatted(WIDEST));
        }
        return (int) Math.max(0, missing);
    }

    private static String zeros(String text, long width) {
        int sign = text.startsWith("+") || text.startsWith("-") ? 1 : 0;
        return text.substring(0, sign) + "0".repeat(missing(text, width)) + text.substring(sign);
    }

    /** As Python does it: of an odd number of characters the one more goes left where the width is odd, too. */
    static String centred(String text, long width, String fill) {
        int missing = missing(text, width);
        int left = (int) (missing / 2 + (missing & width & 1));
        return fill.repeat(left) + text + fill.repeat(missing - left);
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

    static String strip(String text, List<Object> arguments, boolean left, boolean right) {
        String characters = arguments.isEmpty() || arguments.get(0) == null ? null : asText(arguments.get(0));
        int from = 0;
        int to = text.length();
        while (left && from < to && isStripped(text.codePointAt(from), characters)) {
            from += Character.charCount(text.codePointAt(from));
        }
        while (right && to > from && isStripped(text.codePointBefore(to), characters)) {
            to -= Character.charCount(text.codePointBefore(to));
        }
        return text.substring(from, to);
    }

    private static boolean isStripped(int character, String characters) {
        return characters == null
                ? PythonValues.isSpace(character)
                : characters.codePoints().anyMatch(c -> c == character);
    }

    private static boolean any(Object candidates, Predicate<String> test) {
        return candidates instanceof List<?> list
                ? list.stream().anyMatch(c -> test.test(asText(c)))
                : test.test(asText(candidates));
    }

    /** Whether there is a part, if an empty one, where a second and a third argument say that one begins and ends. */
    private static boolean hasPart(String text, List<Object> arguments) {
        long size = text.codePointCount(0, text.length());
        Long to = bound(arguments, 2);
        long end = to == null ? size : Math.min(size, Math.max(0, to < 0 ? to + size : to));
        return begin(arguments, size) <= end;
    }

    private static long begin(List<Object> arguments, long size) {
        Long from = bound(arguments, 1);
        return from == null ? 0 : Math.max(0, from < 0 ? from + size : from);
    }

    /** The part of a text that a second and a third argument say, in characters. */
    private static String part(String text, List<Object> arguments) {
        return arguments.size() < 2
                ? text
                : (String) PythonValues.slice(text, bound(arguments, 1), bound(arguments, 2), null);
    }

    private static Long bound(List<Object> arguments, int place) {
        return arguments.size() <= place || arguments.get(place) == null ? null : asLong(arguments.get(place));
    }

    /** Where a part begins, as a number of characters. */
    private static long found(String method, String text, List<Object> arguments, boolean last) {
        String sought = asText(arguments.get(0));
        long begin = begin(arguments, text.codePointCount(0, text.length()));
        String within = part(text, arguments);
        int at = !hasPart(text, arguments) ? -1 : last ? within.lastIndexOf(sought) : within.indexOf(sought);
        if (at < 0 && method.endsWith("index")) {
            throw new ChatTemplateException("%s is not in the text".formatted(PythonValues.representation(sought)));
        }
        return at < 0 ? -1 : begin + within.codePointCount(0, at);
    }

    private static Object separator(List<Object> arguments, Map<String, Object> named) {
        Object separator = arguments.isEmpty() ? named.get("sep") : arguments.get(0);
        if (separator != null && asText(separator).isEmpty()) {
            throw new ChatTemplateException("split needs a separator that is not empty");
        }
        return separator;
    }

    /** How often a text is divided at most; negative where there is no limit. */
    private static long limit(List<Object> arguments, Map<String, Object> named) {
        Object most = arguments.size() > 1 ? arguments.get(1) : named.get("maxsplit");
        return most == null ? -1 : asLong(most);
    }

    private static Object split(String text, List<Object> arguments, Map<String, Object> named) {
        Object separator = separator(arguments, named);
        long limit = limit(arguments, named);
        if (separator == null) {
            return words(text, limit);
        }
        int parts = limit < 0 ? -1 : (int) Math.min(limit + 1, Integer.MAX_VALUE);
        return new ArrayList<Object>(Arrays.asList(text.split(Pattern.quote(asText(separator)), parts)));
    }

    private static Object splitFromEnd(String text, List<Object> arguments, Map<String, Object> named) {
        Object separator = separator(arguments, named);
        long limit = limit(arguments, named);
        List<Object> parts = new ArrayList<>();
        String rest = separator == null ? strip(text, List.of(), false, true) : text;
        while (limit < 0 || parts.size() < limit) {
            int end = separator == null ? endOfSpaces(rest) : rest.lastIndexOf(asText(separator));
            if (end < 0) {
                break;
            }
            parts.add(
                    0,
                    rest.substring(
                            separator == null ? end : end + asText(separator).length()));
            rest = rest.substring(0, end);
            if (separator == null) {
                rest = strip(rest, List.of(), false, true);
            }
        }
        if (separator != null || !rest.isEmpty()) {
            parts.add(0, rest);
        }
        return parts;
    }

    /** Where the last word begins, if there is white space before it; otherwise a negative number. */
    private static int endOfSpaces(String text) {
        for (int i = text.length(); i > 0; i -= Character.charCount(text.codePointBefore(i))) {
            if (PythonValues.isSpace(text.codePointBefore(i))) {
                return i;
            }
        }
        return -1;
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
        if (part.isEmpty()) {
            return text.codePointCount(0, text.length()) + 1L;
        }
        long count = 0;
        for (int i = text.indexOf(part); i >= 0; i = text.indexOf(part, i + part.length())) {
            count++;
        }
        return count;
    }
}
