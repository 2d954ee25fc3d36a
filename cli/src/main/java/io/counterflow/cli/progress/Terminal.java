package io.counterflow.cli.progress;

import java.io.Console;

/** Whether a person is looking. Thread-safe. */
public final class Terminal {

    private Terminal() {}

    /**
     * Whether input and output are a terminal, so that lines can be drawn over. Since Java 22 there may be a console where there is none, so there
     * it is asked.
     */
    @SuppressWarnings("SystemConsoleNull") // it is asked below
    public static boolean isThere() {
        Console console = System.console();
        if (console == null || Runtime.version().feature() < 22) {
            return console != null;
        }
        try {
            return (boolean) Console.class.getMethod("isTerminal").invoke(console);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "Java " + Runtime.version() + " does not say whether this is a terminal", e);
        }
    }
}
