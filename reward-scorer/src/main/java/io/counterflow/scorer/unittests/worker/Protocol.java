package io.counterflow.scorer.unittests.worker;

import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * What parent and worker say to each other. Numbers are big-endian, text is a 4-byte length and UTF-8.
 *
 * <p>The parent sends batches: {@code int length, long nonce, int n, n * (int testsOffset, text source)}. The worker answers with
 * frames: {@code int length, long nonce, byte kind, ...}, where the nonce is the batch's, for a batch in this order:
 *
 * <ul>
 *   <li>{@link #NOT_COMPILED} {@code int program, text messages}, for each program that does not compile;
 *   <li>{@link #BROKEN} {@code int program, text cause}, for each on which the compiler itself failed;
 *   <li>for each other program {@link #PROGRAM} {@code int program, int n, n * text testName} and then for each test {@link
 *       #TEST_STARTED} {@code int program, int test} and {@link #TEST_ENDED} {@code int program, int test, byte passed, text
 *       message, text stdout, text stderr, long nanoseconds};
 *   <li>{@link #BATCH_ENDED} {@code text reason}: why the worker should be replaced, empty when it need not be. Programs not
 *       answered by then were not run.
 * </ul>
 *
 * Before the first batch the worker sends {@link #HELLO} {@code text token} with nonce 0.
 */
public final class Protocol {

    /** The worker is warm. */
    public static final byte HELLO = 0;
    /** A program does not compile. */
    public static final byte NOT_COMPILED = 1;
    /** A program is about to run. */
    public static final byte PROGRAM = 2;
    /** A test begins. */
    public static final byte TEST_STARTED = 3;
    /** A test ended. */
    public static final byte TEST_ENDED = 4;
    /** Nothing more will be said of this batch. */
    public static final byte BATCH_ENDED = 5;

    /** The worker could not find out about a program. */
    public static final byte BROKEN = 6;

    /** Longest frame that a parent accepts. */
    public static final int MAX_FRAME = 1 << 20;
    /** Longest text that a worker puts into a frame, in characters. */
    public static final int MAX_TEXT = 2000;

    private Protocol() {}

    static String readText(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }

    static void writeText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = cut(text).getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String cut(String text) {
        return text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + " ...";
    }
}
