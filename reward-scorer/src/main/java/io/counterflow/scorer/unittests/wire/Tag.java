package io.counterflow.scorer.unittests.wire;

/** The first byte of a value: what follows. */
public final class Tag {

    public static final byte NULL = 0;
    public static final byte TRUE = 1;
    public static final byte FALSE = 2;
    public static final byte BYTE = 3;
    public static final byte SHORT = 4;
    public static final byte CHAR = 5;
    public static final byte INT = 6;
    public static final byte LONG = 7;
    public static final byte FLOAT = 8;
    public static final byte DOUBLE = 9;
    public static final byte STRING = 10;
    public static final byte BIG_INTEGER = 11;
    public static final byte BIG_DECIMAL = 12;
    /** A JDK value that has a text form, by {@link Texts}. */
    public static final byte TEXT = 13;

    public static final byte OPTIONAL = 14;
    public static final byte ENTRY = 15;
    /** A constant of an enum of the JDK. */
    public static final byte JDK_ENUM = 16;

    public static final byte CLASS = 17;

    /** An array, collection, map, builder or atomic variable, numbered in the order in which they appear in a message. */
    public static final byte CONTAINER = 20;
    /** A container that came before, in this message or in the one that it answers, by its number. */
    public static final byte REPEATED = 21;

    /** A constant of one of the program's enums. */
    public static final byte ENUM = 30;
    /** One of the program's records, by its components. */
    public static final byte RECORD = 31;
    /** An object of the program, which stays there. */
    public static final byte HANDLE = 32;
    /** An object of the tests, which stays there. */
    public static final byte EXPORT = 33;
    /** An exception of the JDK, by type and message. */
    public static final byte THROWABLE = 34;
    /** A stream of the program, by the iterator that it is drawn from. */
    public static final byte STREAM = 35;
    /** A JDK object in Java's serialization; from the tests to the program alone. */
    public static final byte SERIAL = 36;

    private Tag() {}
}
