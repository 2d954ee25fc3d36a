package io.counterflow.model.tokenizer;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * Tokens side by side that stand for one byte each. Their text is that of the bytes where all of them are whole characters, and one U+FFFD a
 * byte where they are not, as in the decoder {@code ByteFallback} of Hugging Face's tokenizers. The text is written behind what a buffer holds,
 * and taken back when a later byte spoils it.
 */
final class ByteRun {
    static final char REPLACEMENT = '\uFFFD';

    private final StringBuilder text;
    private final byte[] character = new byte[4];
    private int pending;
    private int bytes;
    private int from;
    private boolean spoilt;

    ByteRun(StringBuilder text) {
        this.text = text;
    }

    /** Whether the last token was one of a byte. */
    boolean active() {
        return bytes > 0;
    }

    /** Whether bytes of the last character are missing; the text has that of the run without this character, but is not what it decodes to. */
    boolean isOpen() {
        return pending > 0;
    }

    /** Where the run begins in the text. */
    int from() {
        return from;
    }

    /** How many bytes there are; as long as the run is open, this many U+FFFD are its text. */
    int bytes() {
        return bytes;
    }

    /** @param writes whether to write the text; somebody else does otherwise */
    void add(int value, boolean writes) {
        if (bytes == 0) {
            from = text.length();
        }
        bytes++;
        if (spoilt) {
            write(Character.toString(REPLACEMENT), writes);
            return;
        }
        character[pending++] = (byte) value;
        if (pending < lengthOf(character[0] & 0xFF)) {
            return;
        }
        try {
            String whole = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(character, 0, pending))
                    .toString();
            pending = 0;
            write(whole, writes);
        } catch (CharacterCodingException e) {
            spoil(writes);
        }
    }

    /** Another token follows. */
    void end(boolean writes) {
        if (pending > 0) {
            spoil(writes);
        }
        bytes = 0;
        spoilt = false;
    }

    private void spoil(boolean writes) {
        pending = 0;
        spoilt = true;
        if (writes) {
            text.setLength(from);
            text.append(Character.toString(REPLACEMENT).repeat(bytes));
        }
    }

    private void write(String added, boolean writes) {
        if (writes) {
            text.append(added);
        }
    }

    /** Bytes of a character by its first one; 1 where that is not the first of any. */
    private static int lengthOf(int first) {
        return first < 0xC2 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
    }
}
