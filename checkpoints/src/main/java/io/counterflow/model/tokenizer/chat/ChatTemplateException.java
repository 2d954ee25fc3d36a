package io.counterflow.model.tokenizer.chat;

/** A chat template that cannot be read or rendered, or that refuses the messages; the message is one line. */
public final class ChatTemplateException extends RuntimeException {
    public ChatTemplateException(String message) {
        super(message);
    }

    public ChatTemplateException(String message, Throwable cause) {
        super(message, cause);
    }
}
