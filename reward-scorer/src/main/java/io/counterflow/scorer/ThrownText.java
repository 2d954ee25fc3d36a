package io.counterflow.scorer;

/** What somebody else's code threw, in one line. */
public final class ThrownText {

    private ThrownText() {}

    /** Its class' simple name and, where it has one, its message with the lines joined by bars. */
    public static String of(Throwable thrown) {
        String message = thrown.getMessage();
        String name = thrown.getClass().getSimpleName();
        return message == null || message.isBlank()
                ? name
                : name + ": " + message.strip().replaceAll("\\s*\\R\\s*", " | ");
    }
}
