package io.counterflow.model.safetensors;

/** A safetensors file that cannot be read or written; the message is one line that names the file and the fault. */
public final class SafetensorsException extends RuntimeException {
    public SafetensorsException(String message) {
        super(message);
    }

    public SafetensorsException(String message, Throwable cause) {
        super(message, cause);
    }
}
