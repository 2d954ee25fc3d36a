package io.counterflow.producer;

import java.util.List;

/** Closes several things so that each gets its turn. */
final class Closing {

    private Closing() {}

    /**
     * Closes all of them.
     *
     * @param cause the failure that led here, which failures to close are added to; null where there was none
     * @throws IllegalStateException when one did not close and there was no other failure
     */
    static void all(List<? extends AutoCloseable> opened, Throwable cause) {
        Exception first = null;
        for (AutoCloseable one : opened) {
            try {
                one.close();
            } catch (Exception e) {
                if (cause != null) {
                    cause.addSuppressed(e);
                } else if (first == null) {
                    first = e;
                } else {
                    first.addSuppressed(e);
                }
            }
        }
        if (first != null) {
            throw new IllegalStateException("the producer did not close: " + first.getMessage(), first);
        }
    }
}
