package io.counterflow.scorer.unittests.judge;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/** Keeps the beginning of what is written. */
final class CapturedOutput extends OutputStream {

    private final byte[] first = new byte[2000];
    private int length;

    @Override
    public synchronized void write(int b) {
        if (length < first.length) {
            first[length++] = (byte) b;
        }
    }

    @Override
    public synchronized void write(byte[] bytes, int offset, int count) {
        int kept = Math.min(count, first.length - length);
        System.arraycopy(bytes, offset, first, length, kept);
        length += kept;
    }

    synchronized String text() {
        return new String(first, 0, length, StandardCharsets.UTF_8);
    }
}
