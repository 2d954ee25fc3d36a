package io.counterflow.scorer;

/** A plug-in that cannot be loaded, or whose scorer cannot be made or closed; the message is one line that names the jar or the scorer. */
public final class PluginException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public PluginException(String message, Throwable cause) {
        super(message, cause);
    }

    PluginException(String message) {
        super(message);
    }

    /** What a plug-in threw, in one line. */
    static String said(Throwable thrown) {
        String message = thrown.getMessage();
        String name = thrown.getClass().getSimpleName();
        return message == null || message.isBlank()
                ? name
                : name + ": " + message.strip().replaceAll("\\s*\\R\\s*", " | ");
    }
}
