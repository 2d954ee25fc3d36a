package io.counterflow.cli.config;

/** A configuration that cannot be used; the message says where, what is wrong and what would be right. */
public final class ConfigException extends RuntimeException {

    public ConfigException(String message) {
        super(message);
    }

    ConfigException(String message, Throwable cause) {
        super(message, cause);
    }
}
