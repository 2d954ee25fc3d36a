package io.counterflow.scorer.unittests;

/** What may be in a text that leaves this program: programs say anything, and neither files nor the log hold half a character. */
final class Characters {

    private Characters() {}

    /** Whether no surrogate stands alone. */
    static boolean wellFormed(String text) {
        return clean(text).equals(text);
    }

    /** The text with U+FFFD for each surrogate that stands alone. */
    static String clean(String text) {
        StringBuilder clean = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (!Character.isSurrogate(c)) {
                continue;
            }
            if (Character.isHighSurrogate(c) && i + 1 < text.length() && Character.isLowSurrogate(text.charAt(i + 1))) {
                i++;
                continue;
            }
            clean = clean == null ? new StringBuilder(text) : clean;
            clean.setCharAt(i, '\uFFFD');
        }
        return clean == null ? text : clean.toString();
    }
}
