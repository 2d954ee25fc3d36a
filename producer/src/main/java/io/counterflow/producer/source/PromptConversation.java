package io.counterflow.producer.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.log.LogException;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.schemas.Prompt;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The conversation of a prompt, in the log and as a chat template is told it. */
public final class PromptConversation {
    private static final ObjectMapper JSON = new ObjectMapper();

    private PromptConversation() {}

    /** Of a prompt that has messages. */
    public static Conversation of(Prompt prompt) {
        List<ChatMessage> messages =
                prompt.getMessages().stream().map(PromptConversation::message).toList();
        Map<String, JsonNode> variables = new HashMap<>();
        prompt.getTemplateVariables().forEach((name, value) -> variables.put(name, tree(value)));
        return new Conversation(messages, variables);
    }

    private static ChatMessage message(io.counterflow.schemas.ChatMessage message) {
        return message.getJson() == null
                ? new ChatMessage(message.getRole(), message.getContent())
                : ChatMessage.of(tree(message.getJson()));
    }

    private static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new LogException("a prompt in the log holds what is no JSON: " + e.getOriginalMessage(), e);
        }
    }

    /** The messages as a prompt has them. */
    public static List<io.counterflow.schemas.ChatMessage> messages(Conversation conversation) {
        return conversation.messages().stream()
                .map(message -> new io.counterflow.schemas.ChatMessage(
                        message.role(),
                        message.text(),
                        message.isPlain() ? null : message.json().toString()))
                .toList();
    }

    /** The variables as a prompt has them. */
    public static Map<String, String> variables(Conversation conversation) {
        Map<String, String> variables = new HashMap<>();
        conversation.variables().forEach((name, value) -> variables.put(name, value.toString()));
        return variables;
    }
}
