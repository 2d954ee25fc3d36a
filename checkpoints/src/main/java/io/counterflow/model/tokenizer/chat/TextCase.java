package io.counterflow.model.tokenizer.chat;

import java.util.Locale;
import java.util.function.IntPredicate;

/** Kinds of characters and the changing of their case, as Python's {@code str} has them. */
final class TextCase {
    /** The characters of Unicode's numeric type Digit that are no decimal digits, as ranges from first to last. */
    private static final int[][] FURTHER_DIGITS = {
        {0xb2, 0xb3},
        {0xb9, 0xb9},
        {0x1369, 0x1371},
        {0x19da, 0x19da},
        {0x2070, 0x2070},
        {0x2074, 0x2079},
        {0x2080, 0x2089},
        {0x2460, 0x2468},
        {0x2474, 0x247c},
        {0x2488, 0x2490},
        {0x24ea, 0x24ea},
        {0x24f5, 0x24fd},
        {0x24ff, 0x24ff},
        {0x2776, 0x277e},
        {0x2780, 0x2788},
        {0x278a, 0x2792},
        {0x10a40, 0x10a43},
        {0x10e60, 0x10e68},
        {0x11052, 0x1105a},
        {0x1f100, 0x1f10a}
    };

    private TextCase() {}

    /** What {@code text.isalpha()} and its like answer. */
    static boolean is(String method, String text) {
        return switch (method) {
            case "isascii" -> text.chars().allMatch(c -> c < 0x80);
            case "isupper" ->
                isCased(text, Character::isUpperCase, c -> Character.isLowerCase(c) || Character.isTitleCase(c));
            case "islower" ->
                isCased(text, Character::isLowerCase, c -> Character.isUpperCase(c) || Character.isTitleCase(c));
            case "isspace" -> all(text, PythonValues::isSpace);
            case "isalpha" -> all(text, Character::isLetter);
            case "isdecimal" -> all(text, Character::isDigit);
            case "isdigit" -> all(text, TextCase::isDigit);
            case "isalnum" -> all(text, c -> Character.isLetter(c) || isNumeric(c));
            default -> throw new IllegalStateException("no kind of character: " + method);
        };
    }

    private static boolean all(String text, IntPredicate kind) {
        return !text.isEmpty() && text.codePoints().allMatch(kind);
    }

    private static boolean isCased(String text, IntPredicate sought, IntPredicate excluded) {
        return text.codePoints().noneMatch(excluded) && text.codePoints().anyMatch(sought);
    }

    /** Digits of every alphabet, and those that are raised, lowered, in circles or brackets. */
    private static boolean isDigit(int character) {
        for (int[] range : FURTHER_DIGITS) {
            if (character >= range[0] && character <= range[1]) {
                return true;
            }
        }
        return Character.isDigit(character);
    }

    private static boolean isNumeric(int character) {
        return Character.isDigit(character)
                || Character.getType(character) == Character.LETTER_NUMBER
                || Character.getType(character) == Character.OTHER_NUMBER;
    }

    /** {@code str.title()}: a word is a run of letters that have a case. */
    static String title(String text) {
        StringBuilder out = new StringBuilder();
        boolean inWord = false;
        for (int character : text.codePoints().toArray()) {
            out.append(inWord ? Character.toString(character).toLowerCase(Locale.ROOT) : initial(character));
            inWord = Character.isUpperCase(character)
                    || Character.isLowerCase(character)
                    || Character.isTitleCase(character);
        }
        return out.toString();
    }

    static String capitalize(String text) {
        if (text.isEmpty()) {
            return text;
        }
        int rest = text.offsetByCodePoints(0, 1);
        return initial(text.codePointAt(0)) + text.substring(rest).toLowerCase(Locale.ROOT);
    }

    /** A character as words begin with it: a ligature becomes letters of which the first alone is large. */
    private static String initial(int character) {
        int title = Character.toTitleCase(character);
        String upper = Character.toString(character).toUpperCase(Locale.ROOT);
        if (title != character || upper.codePointCount(0, upper.length()) == 1) {
            return Character.toString(title);
        }
        if (!Character.isUpperCase(upper.codePointAt(0))) {
            return upper;
        }
        int rest = upper.offsetByCodePoints(0, 1);
        return upper.substring(0, rest) + upper.substring(rest).toLowerCase(Locale.ROOT);
    }

    static String swapped(String text) {
        StringBuilder out = new StringBuilder();
        text.codePoints().mapToObj(Character::toString).forEach(one -> {
            String upper = one.toUpperCase(Locale.ROOT);
            out.append(one.equals(upper) ? one.toLowerCase(Locale.ROOT) : upper);
        });
        return out.toString();
    }
}
