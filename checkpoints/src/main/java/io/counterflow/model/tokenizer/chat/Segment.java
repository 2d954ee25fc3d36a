package io.counterflow.model.tokenizer.chat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A piece of a template: text as it stands, or the inside of a tag.
 *
 * @param line where it begins, from 1
 */
record Segment(Kind kind, String content, int line) {
    enum Kind {
        TEXT,
        /** {@code {{ … }}}. */
        OUTPUT,
        /** {@code {% … %}}. */
        BLOCK
    }

    private static final Pattern END_OF_RAW = Pattern.compile("\\{%[-+]?\\s*endraw\\s*[-+]?%}");

    /** The names in tags, and the words in the texts of these, such as {@code m['tool_calls']}; not what comments and the spelled text say. */
    static Set<String> words(List<Segment> segments) {
        Set<String> words = new HashSet<>();
        for (Segment segment : segments) {
            if (segment.kind() != Kind.TEXT) {
                for (Token token : Lexer.tokens(segment.content())) {
                    words.addAll(List.of(token.text().split("\\W+")));
                }
            }
        }
        return words;
    }

    /**
     * Divides a template, with Jinja's {@code trim_blocks} and {@code lstrip_blocks} as transformers sets them: white space
     * before a block tag that begins its line goes, and so does the line break after one.
     */
    static List<Segment> divide(String template) {
        String source = template.replace("\r\n", "\n").replace('\r', '\n');
        if (source.endsWith("\n")) {
            source = source.substring(0, source.length() - 1);
        }
        List<Segment> segments = new ArrayList<>();
        int position = 0;
        while (position < source.length()) {
            int start = nextTag(source, position);
            if (start < 0) {
                segments.add(new Segment(Kind.TEXT, source.substring(position), line(source, position)));
                break;
            }
            char type = source.charAt(start + 1);
            String text = before(source, position, start, type != '{');
            if (!text.isEmpty()) {
                segments.add(new Segment(Kind.TEXT, text, line(source, position)));
            }
            position = addTag(source, start, type, segments);
            if (type == '%' && segments.get(segments.size() - 1).content().equals("raw")) {
                Segment raw = segments.remove(segments.size() - 1);
                int closed = source.indexOf("%}", start);
                if (source.charAt(closed - 1) != '-') {
                    // The line break after this tag alone stays.
                    position = closed + 2;
                }
                Matcher end = END_OF_RAW.matcher(source);
                if (!end.find(position)) {
                    throw new ChatTemplateException("line %d: {%% raw %%} has no {%% endraw %%}".formatted(raw.line()));
                }
                segments.add(new Segment(Kind.TEXT, before(source, position, end.start(), true), raw.line()));
                position = addTag(source, end.start(), '%', segments);
                segments.remove(segments.size() - 1);
            }
        }
        return segments;
    }

    private static int nextTag(String source, int from) {
        for (int i = source.indexOf('{', from); i >= 0 && i + 1 < source.length(); i = source.indexOf('{', i + 1)) {
            if ("{%#".indexOf(source.charAt(i + 1)) >= 0) {
                return i;
            }
        }
        return -1;
    }

    private static String before(String source, int from, int tag, boolean block) {
        String text = source.substring(from, tag);
        char sign = tag + 2 < source.length() ? source.charAt(tag + 2) : ' ';
        if (sign == '-') {
            return TextMethods.strip(text, List.of(), false, true);
        }
        int lineStart = text.lastIndexOf('\n') + 1;
        boolean startsLine = lineStart > 0 || from == 0 || source.charAt(from - 1) == '\n';
        if (block && sign != '+' && startsLine && text.substring(lineStart).isBlank()) {
            return text.substring(0, lineStart);
        }
        return text;
    }

    private static int addTag(String source, int start, char type, List<Segment> segments) {
        String closing = type == '{' ? "}}" : type == '%' ? "%}" : "#}";
        int end = type == '#' ? source.indexOf(closing, start + 2) : endOfCode(source, start + 2, closing);
        int line = line(source, start);
        if (end < 0) {
            throw new ChatTemplateException("line %d: a tag that is not closed by %s".formatted(line, closing));
        }
        int inside = start + 2;
        if (inside < end && "-+".indexOf(source.charAt(inside)) >= 0) {
            inside++;
        }
        char sign = end > inside ? source.charAt(end - 1) : ' ';
        int insideEnd = sign == '-' || sign == '+' && type != '{' ? end - 1 : end;
        if (type != '#') {
            Kind kind = type == '{' ? Kind.OUTPUT : Kind.BLOCK;
            segments.add(new Segment(kind, source.substring(inside, insideEnd).strip(), line));
        }
        int next = end + 2;
        if (sign == '-') {
            while (next < source.length() && PythonValues.isSpace(source.charAt(next))) {
                next++;
            }
        } else if (type != '{' && sign != '+' && next < source.length() && source.charAt(next) == '\n') {
            next++;
        }
        return next;
    }

    /** The closing delimiter that stands in no string and in no braces of its own. */
    private static int endOfCode(String source, int from, String closing) {
        int depth = 0;
        for (int i = from; i < source.length(); i++) {
            char c = source.charAt(i);
            if (c == '\'' || c == '"') {
                i = Lexer.endOfString(source, i);
                if (i < 0) {
                    return -1;
                }
            } else if (depth == 0 && source.startsWith(closing, i)) {
                return i;
            } else if (c == '{') {
                depth++;
            } else if (c == '}') {
                depth--;
            }
        }
        return -1;
    }

    private static int line(String source, int position) {
        return 1
                + (int) source.substring(0, position)
                        .chars()
                        .filter(c -> c == '\n')
                        .count();
    }
}
