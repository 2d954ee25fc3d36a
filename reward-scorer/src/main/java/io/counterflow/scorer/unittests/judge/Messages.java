package io.counterflow.scorer.unittests.judge;

/**
 * What the parent and the JVM of the tests say to each other: {@code int length, byte kind, ...}, where what follows is written by
 * {@link io.counterflow.scorer.unittests.wire.ValueWriter}. For each task the judge answers {@link #NOT_COMPILED}, {@link #UNUSABLE}
 * or {@link #UNSPLITTABLE}; or {@link #READY}, and after the parent's {@link #START} the results; and then {@link #DONE}.
 */
public final class Messages {

    /** {@code byte form, text source, int given, text tests, value cases}. */
    public static final byte TASK = 1;
    /** A message of the conversation with the program, both ways. */
    public static final byte TALK = 2;
    /** {@code byte 0 or 1, bytes}: what the program wrote to standard output or error. */
    public static final byte OUTPUT = 3;
    /** {@code text}: the program's JVM is gone, and why. */
    public static final byte ENDED = 4;
    /** The program's JVM is there and has its classes. */
    public static final byte START = 5;

    /** The token, in UTF-8. */
    public static final byte HELLO = 10;
    /** {@code text messages}. */
    public static final byte NOT_COMPILED = 11;
    /** {@code text cause}. */
    public static final byte UNUSABLE = 12;
    /** {@code text cause}. */
    public static final byte UNSPLITTABLE = 13;
    /** {@code int n, n * text test, int n, n * (text class, bytes code)}. */
    public static final byte READY = 14;
    /** {@code int test}; for a case the parent gives the program a fresh start and says {@link #START}. */
    public static final byte TEST_STARTED = 15;
    /** {@code int test, byte passed, text message, text stdout, text stderr, value nanoseconds}. */
    public static final byte TEST_ENDED = 16;
    /** {@code text reason}: why this JVM should be replaced, empty when it need not be. */
    public static final byte DONE = 17;
    /** {@code int case, byte threw, value type or answer, value message or whether the order means nothing, value nanoseconds}. */
    public static final byte ANSWER = 18;

    /** A task whose tests are code. */
    public static final byte CODE = 0;
    /** A task whose cases are calls. */
    public static final byte CALLS = 1;
    /** A task whose cases are inputs of a {@code main}. */
    public static final byte INPUTS = 2;

    private Messages() {}
}
