package io.counterflow.model.tokenizer.chat;

import static java.util.Objects.requireNonNull;

/**
 * One turn of a conversation.
 *
 * @param role such as {@code system}, {@code user} or {@code assistant}
 * @param content its text
 */
public record ChatMessage(String role, String content) {
    public ChatMessage {
        requireNonNull(role, "role is null");
        requireNonNull(content, "content is null");
    }
}
