package io.counterflow.log.lines;

/** Whether a text is one: Java's strings may hold halves of surrogate pairs, which no encoding has a form for. */
public final class UnicodeText {

    private UnicodeText() {}

    /** Where the first half of a surrogate pair stands alone; -1 where none does. */
    public static int loneSurrogate(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char one = text.charAt(i);
            if (Character.isSurrogate(one)) {
                if (!Character.isHighSurrogate(one)
                        || i + 1 == text.length()
                        || !Character.isLowSurrogate(text.charAt(i + 1))) {
                    return i;
                }
                i++;
            }
        }
        return -1;
    }

    /** The text with U+FFFD in place of every half that stands alone; the text itself where none does. */
    public static String replaced(String text) {
        int at = loneSurrogate(text);
        if (at < 0) {
            return text;
        }
        StringBuilder mended = new StringBuilder(text);
        for (; at >= 0; at = loneSurrogate(mended)) {
            mended.setCharAt(at, '\ufffd');
        }
        return mended.toString();
    }
}
