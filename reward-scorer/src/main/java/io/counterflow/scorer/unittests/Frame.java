package io.counterflow.scorer.unittests;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * What came from a worker.
 *
 * @param kind whether anything did
 * @param nonce the nonce that it carries
 * @param body what follows the nonce
 */
record Frame(Kind kind, long nonce, ByteBuffer body) {

    enum Kind {
        MESSAGE,
        /** Nothing before the deadline. */
        LATE,
        /** The worker is gone. */
        END
    }

    static final Frame LATE = new Frame(Kind.LATE, 0, null);
    static final Frame END = new Frame(Kind.END, 0, null);

    static String text(ByteBuffer body) {
        byte[] bytes = new byte[body.getInt()];
        body.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
