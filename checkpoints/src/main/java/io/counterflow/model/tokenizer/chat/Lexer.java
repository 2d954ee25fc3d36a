package io.counterflow.model.tokenizer.chat;

import io.counterflow.model.tokenizer.chat.Token.Kind;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Divides the inside of a tag into tokens. */
final class Lexer {
    /** Numbers as Jinja spells them: 1_000, 0x1f, 1.5, 2e-3. */
    private static final Pattern NUMBER =
            Pattern.compile("(?<base>0[bB](_?[01])+|0[oO](_?[0-7])+|0[xX](_?[0-9a-fA-F])+)"
                    + "|[0-9](_?[0-9])*(?<real>(\\.[0-9](_?[0-9])*)?[eE][-+]?[0-9](_?[0-9])*|\\.[0-9](_?[0-9])*)?");

    private static final List<String> OPERATORS = List.of(
            "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "|", "(", ")", "[", "]", "{", "}", ".",
            ",", ":", "=", "<", ">");

    private Lexer() {}

    static List<Token> tokens(String code) {
        List<Token> tokens = new ArrayList<>();
        int position = 0;
        while (position < code.length()) {
            char c = code.charAt(position);
            int end;
            if (Character.isWhitespace(c)) {
                end = position + 1;
            } else if (c == '\'' || c == '"') {
                end = endOfString(code, position) + 1;
                if (end == 0) {
                    throw new ChatTemplateException("a string that is not closed: " + code.substring(position));
                }
                tokens.add(new Token(Kind.STRING, unescape(code.substring(position + 1, end - 1))));
            } else if (Character.isDigit(c)) {
                end = number(code, position, tokens);
            } else if (Character.isJavaIdentifierStart(c)) {
                end = position + 1;
                while (end < code.length() && Character.isJavaIdentifierPart(code.charAt(end))) {
                    end++;
                }
                tokens.add(new Token(Kind.NAME, code.substring(position, end)));
            } else {
                String operator = operator(code, position);
                tokens.add(new Token(Kind.OPERATOR, operator));
                end = position + operator.length();
            }
            position = end;
        }
        tokens.add(new Token(Kind.END, ""));
        return tokens;
    }

    private static int number(String code, int start, List<Token> tokens) {
        Matcher number = NUMBER.matcher(code).region(start, code.length());
        if (!number.lookingAt()) {
            throw new ChatTemplateException("unexpected character \"%s\"".formatted(code.charAt(start)));
        }
        String digits = number.group().replace("_", "");
        tokens.add(
                number.group("base") == null
                        ? new Token(number.group("real") == null ? Kind.INTEGER : Kind.FLOAT, digits)
                        : new Token(Kind.INTEGER, inBase(digits)));
        return number.end();
    }

    private static String inBase(String digits) {
        int base =
                switch (Character.toLowerCase(digits.charAt(1))) {
                    case 'b' -> 2;
                    case 'o' -> 8;
                    default -> 16;
                };
        return new BigInteger(digits.substring(2), base).toString();
    }

    private static String operator(String code, int position) {
        for (String operator : OPERATORS) {
            if (code.startsWith(operator, position)) {
                return operator;
            }
        }
        throw new ChatTemplateException("unexpected character \"%s\"".formatted(code.charAt(position)));
    }

    /** Where a string that begins at {@code start} has its closing quote, or -1. */
    static int endOfString(String code, int start) {
        for (int i = start + 1; i < code.length(); i++) {
            if (code.charAt(i) == '\\') {
                i++;
            } else if (code.charAt(i) == code.charAt(start)) {
                return i;
            }
        }
        return -1;
    }

    private static String unescape(String text) {
        if (text.indexOf('\\') < 0) {
            return text;
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != '\\' || i + 1 == text.length()) {
                out.append(c);
                continue;
            }
            i++;
            char escaped = text.charAt(i);
            int digits = "xuU".indexOf(escaped) < 0 ? 0 : escaped == 'x' ? 2 : escaped == 'u' ? 4 : 8;
            int plain = "abfnrtv".indexOf(escaped);
            if (digits > 0) {
                out.appendCodePoint(codePoint(text, i + 1, digits, 16));
                i += digits;
            } else if (plain >= 0) {
                out.append("\u0007\b\f\n\r\t\u000b".charAt(plain));
            } else if (escaped >= '0' && escaped <= '7') {
                int end = i + 1;
                while (end < Math.min(i + 3, text.length()) && text.charAt(end) >= '0' && text.charAt(end) <= '7') {
                    end++;
                }
                out.appendCodePoint(codePoint(text, i, end - i, 8));
                i = end - 1;
            } else if (escaped == 'N') {
                throw new ChatTemplateException("a character by its name, which is not supported: " + text);
            } else if ("\\'\"".indexOf(escaped) >= 0) {
                out.append(escaped);
            } else if (escaped != '\n') {
                out.append('\\').append(escaped);
            }
        }
        return out.toString();
    }

    private static int codePoint(String text, int from, int digits, int base) {
        try {
            return Integer.parseInt(text.substring(from, from + digits), base);
        } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
            throw new ChatTemplateException("an escape that is no character: " + text, e);
        }
    }
}
