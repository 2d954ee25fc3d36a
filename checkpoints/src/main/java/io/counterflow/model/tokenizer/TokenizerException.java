package io.counterflow.model.tokenizer;

/** A tokenizer or chat template that cannot be used; the message is one line that says why. */
public final class TokenizerException extends RuntimeException {
    public TokenizerException(String message) {
        super(message);
    }

    public TokenizerException(String message, Throwable cause) {
        super(message, cause);
    }
}
