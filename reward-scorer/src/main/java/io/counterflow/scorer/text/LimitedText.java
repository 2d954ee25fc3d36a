package io.counterflow.scorer.text;

import java.time.Duration;

/**
 * A text that stops whoever matches a pattern against it for too long. Some patterns take for ever on some texts, and the engine cannot be stopped but
 * by the text itself. For one match and one thread.
 */
final class LimitedText implements CharSequence {

    /** A match took longer than it may, or its thread was interrupted. */
    static final class TakesTooLongException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TakesTooLongException(String message) {
            super(message);
        }
    }

    private static final int LOOK_EVERY = 1 << 12;

    private final CharSequence text;
    private final Duration limit;
    private final long end;
    private int reads;

    LimitedText(CharSequence text, Duration limit) {
        this(text, limit, System.nanoTime() + limit.toNanos());
    }

    private LimitedText(CharSequence text, Duration limit, long end) {
        this.text = text;
        this.limit = limit;
        this.end = end;
    }

    @Override
    public int length() {
        return text.length();
    }

    @Override
    public char charAt(int index) {
        if (++reads % LOOK_EVERY == 0) {
            if (Thread.currentThread().isInterrupted()) {
                throw new TakesTooLongException("interrupted while matching");
            }
            if (System.nanoTime() - end > 0) {
                throw new TakesTooLongException("the pattern did not match or fail within " + limit);
            }
        }
        return text.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int to) {
        return new LimitedText(text.subSequence(start, to), limit, end);
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
