package io.counterflow.cli.config;

import java.util.List;

/** A configuration that cannot be used; the message says where, what is wrong and what would be right, a fault a line. */
public final class ConfigException extends RuntimeException {

    public ConfigException(String message) {
        super(message);
    }

    ConfigException(String message, Throwable cause) {
        super(message, cause);
    }

    /** Of all faults that were found, in the order of their places. */
    public static ConfigException of(List<String> faults) {
        return new ConfigException(String.join(System.lineSeparator(), faults));
    }
}
