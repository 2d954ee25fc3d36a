package io.counterflow.scorer.unittests.wire;

/** How a side writes and reads what is no plain value: the program's objects and those of the tests. */
public interface Foreign {

    /** Writes an object with its tag. */
    void write(Object object, ValueWriter out);

    /** Reads what follows {@code tag}. */
    Object read(byte tag, ValueReader in);

    /** A class that values may be made of, by its binary name; never initialises it. */
    Class<?> type(String name);

    /** A text that arrived, as this side wants it. */
    default String text(String text) {
        return text;
    }

    /** Whether collections of {@code element} may be ordered by its own comparison: not where the program wrote that. */
    boolean ordersItself(Object element);
}
