package io.counterflow.scorer.unittests.judge;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Tests that go on where the program's text stops, inside its class, as in MultiPL-E: taken apart into a program that closes its
 * braces itself and tests that stand alone. Static members become those of a class that inherits the program's.
 *
 * @param closing what the program still needs
 * @param tests the tests
 * @param wrapper name of the class that inherits the program's, empty where the tests have a class of their own
 */
record Continuation(String closing, String tests, String wrapper) {

    private static final Pattern COMMENT_OR_TEXT =
            Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*|\"(\\\\.|[^\"\\\\\\n])*\"|'(\\\\.|[^'\\\\\\n])*'");
    private static final Pattern CLASS = Pattern.compile("\\bclass\\s+(\\w+)", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern MEMBER = Pattern.compile("^\\s*(public\\s+|private\\s+|final\\s+)*static\\b");

    /** The same length, without braces that are none. */
    private static String bare(String text) {
        return COMMENT_OR_TEXT.matcher(text).replaceAll(found -> " "
                .repeat(found.group().length()));
    }

    /** Whether a text closes more than it opened, anywhere. */
    static boolean goesOn(String text) {
        int depth = 0;
        for (char c : bare(text).toCharArray()) {
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth < 0) {
                return true;
            }
        }
        // Members without a class need one that is still open.
        return MEMBER.matcher(bare(text)).find();
    }

    /** Takes tests apart; empty where they have another form. */
    static Optional<Continuation> of(String given, String text) {
        String bare = bare(text);
        int start = 0;
        int closed = 0;
        while (start < bare.length() && (Character.isWhitespace(bare.charAt(start)) || bare.charAt(start) == '}')) {
            closed += bare.charAt(start++) == '}' ? 1 : 0;
        }
        int depth = 0;
        int end = start;
        for (int at = start; at < bare.length(); at++) {
            depth += bare.charAt(at) == '{' ? 1 : bare.charAt(at) == '}' ? -1 : 0;
            if (depth < 0) {
                break;
            }
            end = at + 1;
        }
        String left = bare.substring(end).replaceAll("\\s", "");
        if (!left.matches("}*")) {
            return Optional.empty();
        }
        String body = text.substring(start, end);
        String closing = "\n" + "}".repeat(closed + left.length());
        if (!MEMBER.matcher(bare.substring(start, end)).find()) {
            return Optional.of(new Continuation(closing, body, ""));
        }
        Matcher classes = CLASS.matcher(bare(given));
        String enclosing = "";
        while (classes.find()) {
            enclosing = classes.group(1);
        }
        if (enclosing.isEmpty()) {
            return Optional.empty();
        }
        String wrapper = "TestsOf" + enclosing;
        return Optional.of(
                new Continuation(closing, "class " + wrapper + " extends " + enclosing + " {" + body + "\n}", wrapper));
    }
}
