package io.counterflow.scorer.api;

/**
 * A plug-in that cannot be loaded, or whose scorer cannot be made or closed. The message is one line that names what is at fault
 * and is shown to the user as it is; a plug-in may throw it, too.
 */
public final class PluginException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** With what brought it about. */
    public PluginException(String message, Throwable cause) {
        super(message, cause);
    }

    /** With a message alone. */
    public PluginException(String message) {
        super(message);
    }
}
