package io.counterflow.producer.source.server;

/** A server's answer is none to what it was asked; the message says what is wrong with it. */
public final class UnreadableAnswerException extends RuntimeException {

    UnreadableAnswerException(String message) {
        super(message);
    }
}
