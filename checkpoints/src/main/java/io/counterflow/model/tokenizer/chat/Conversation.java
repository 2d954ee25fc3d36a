package io.counterflow.model.tokenizer.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Messages, and what else of a conversation its chat template is told. Immutable.
 *
 * @param messages in their order
 * @param variables of the template by name: {@code tools}, {@code documents}, and others such as {@code enable_thinking}
 */
public record Conversation(List<ChatMessage> messages, Map<String, JsonNode> variables) {
    /** The columns of a data set that {@link #variables(JsonNode)} reads. */
    public static final Set<String> COLUMNS = Set.of("tools", "documents", "chat_template_kwargs");

    private static final Set<String> RESERVED = Set.of("messages", "add_generation_prompt", "continue_final_message");
    private static final ObjectMapper MAPPER = new ObjectMapper();

    public Conversation {
        messages = List.copyOf(messages);
        variables.keySet().forEach(Conversation::requireVariable);
        variables = Map.copyOf(variables);
    }

    /** Of messages alone. */
    public static Conversation of(List<ChatMessage> messages) {
        return new Conversation(messages, Map.of());
    }

    /**
     * Of a line of a data set.
     *
     * @param column the name of the array, for messages
     * @param array its messages
     * @param line the line, with the {@link #COLUMNS} that it has
     * @throws ChatTemplateException which says what is not understood, and where
     */
    public static Conversation read(String column, JsonNode array, JsonNode line) {
        return new Conversation(messages(column, array), variables(line));
    }

    /** The messages of an array, as in {@link #read}. */
    public static List<ChatMessage> messages(String column, JsonNode array) {
        List<ChatMessage> messages = new ArrayList<>();
        for (JsonNode one : array) {
            try {
                messages.add(ChatMessage.of(one));
            } catch (ChatTemplateException e) {
                throw new ChatTemplateException(
                        "message %d of '%s' %s".formatted(messages.size() + 1, column, e.getMessage()), e);
            }
        }
        if (messages.isEmpty()) {
            throw new ChatTemplateException("'" + column + "' is empty, it says nothing");
        }
        return messages;
    }

    /** The variables that a line has, as in {@link #read}; {@code chat_template_kwargs} has several. */
    public static Map<String, JsonNode> variables(JsonNode line) {
        Map<String, JsonNode> variables = new TreeMap<>();
        for (String column : List.of("tools", "documents")) {
            JsonNode value = parsed(line.path(column));
            if (ChatMessage.says(value)) {
                if (!value.isArray()) {
                    throw new ChatTemplateException("'" + column + "' is no array");
                }
                variables.put(column, value);
            }
        }
        JsonNode others = parsed(line.path("chat_template_kwargs"));
        if (ChatMessage.says(others)) {
            if (!others.isObject()) {
                throw new ChatTemplateException("'chat_template_kwargs' is no object");
            }
            others.properties().forEach(entry -> variables.put(entry.getKey(), entry.getValue()));
            variables.keySet().forEach(Conversation::requireVariable);
        }
        return variables;
    }

    /** Data sets with columns of one type have such values as texts. */
    private static JsonNode parsed(JsonNode value) {
        if (!value.isTextual()) {
            return value;
        }
        try {
            return MAPPER.readTree(value.asText());
        } catch (JsonProcessingException e) {
            return value;
        }
    }

    static void requireVariable(String name) {
        if (RESERVED.contains(name) || !name.matches("[A-Za-z_]\\w*")) {
            throw new ChatTemplateException("'%s' cannot be a variable of a chat template".formatted(name));
        }
    }

    /** The contents of the messages, one after the other, line by line. */
    public String text() {
        return String.join("\n", messages.stream().map(ChatMessage::text).toList());
    }

    /** With one message more. */
    public Conversation and(ChatMessage message) {
        List<ChatMessage> all = new ArrayList<>(messages);
        all.add(message);
        return new Conversation(all, variables);
    }

    /** Without the last message. */
    public Conversation withoutLast() {
        return new Conversation(messages.subList(0, messages.size() - 1), variables);
    }

    /** The last message. */
    public ChatMessage last() {
        return messages.get(messages.size() - 1);
    }
}
