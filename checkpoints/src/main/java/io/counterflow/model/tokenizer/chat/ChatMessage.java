package io.counterflow.model.tokenizer.chat;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * One turn of a conversation, with everything that a chat template may want to know of it: {@code tool_calls}, {@code reasoning_content}, {@code name} and so
 * on. Keys that are null, but for the content, say nothing and are left out. Immutable.
 */
public final class ChatMessage {
    private static final Map<String, String> ROLES =
            Map.of("human", "user", "gpt", "assistant", "bot", "assistant", "model", "assistant");
    private static final List<String> IN_PLACE_OF_CONTENT =
            List.of("tool_calls", "function_call", "reasoning_content", "reasoning", "thinking");

    private final ObjectNode json;

    private ChatMessage(ObjectNode json) {
        this.json = json;
    }

    /**
     * One that is a text and nothing else.
     *
     * @param role such as {@code system}, {@code user} or {@code assistant}
     * @param content its text
     */
    public ChatMessage(String role, String content) {
        this(JsonNodeFactory.instance
                .objectNode()
                .put("role", requireNonNull(role, "role is null"))
                .put("content", requireNonNull(content, "content is null")));
    }

    /**
     * As data sets have it: {@code {role, content, ...}} or {@code {from, value, ...}}, where the content is a text, an array of parts of type {@code text}, or
     * null or missing beside tool calls or thoughts. The names that data sets use for the roles {@code user} and {@code assistant} become these.
     *
     * @throws ChatTemplateException which says what of it is not understood
     */
    public static ChatMessage of(JsonNode message) {
        JsonNode role = message.has("role") ? message.get("role") : message.path("from");
        JsonNode content = message.has("content") ? message.get("content") : message.path("value");
        if (!role.isTextual()) {
            throw new ChatTemplateException("has no role and content, but is " + shortened(message));
        }
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("role", ROLES.getOrDefault(role.asText(), role.asText()));
        JsonNode checked = checked(content, message);
        // Where it is missing, a template that prints it prints nothing; where it is null, Python's None.
        if (!checked.isMissingNode()) {
            json.set("content", checked);
        }
        message.properties().forEach(entry -> {
            String key = entry.getKey();
            boolean known = key.equals("content")
                    || key.equals("role")
                    || !message.has("role") && key.equals("from")
                    || !message.has("content") && key.equals("value");
            if (!known && !entry.getValue().isNull()) {
                json.set(key, entry.getValue().deepCopy());
            }
        });
        return new ChatMessage(json);
    }

    private static JsonNode checked(JsonNode content, JsonNode message) {
        if (content.isTextual()) {
            return content;
        }
        if (content.isArray()) {
            for (int i = 0; i < content.size(); i++) {
                JsonNode part = content.get(i);
                if (!part.path("type").asText().equals("text")
                        || !part.path("text").isTextual()) {
                    throw new ChatTemplateException(
                            "has a content whose part %d is %s; only parts of type text are read"
                                    .formatted(
                                            i + 1,
                                            part.path("type").isTextual()
                                                            && !part.get("type")
                                                                    .asText()
                                                                    .equals("text")
                                                    ? "of type "
                                                            + part.get("type").asText()
                                                    : shortened(part)));
                }
            }
            return content.deepCopy();
        }
        boolean none = content.isNull() || content.isMissingNode();
        if (none && IN_PLACE_OF_CONTENT.stream().anyMatch(key -> says(message.path(key)))) {
            return content;
        }
        throw new ChatTemplateException("has no role and content, but is " + shortened(message));
    }

    /** Whether a value is there and not empty. */
    static boolean says(JsonNode value) {
        return !value.isMissingNode()
                && !value.isNull()
                && !(value.isContainerNode() && value.isEmpty())
                && !(value.isTextual() && value.asText().isEmpty());
    }

    /** Such as {@code system}, {@code user}, {@code assistant} or {@code tool}. */
    public String role() {
        return json.get("role").asText();
    }

    /** The text of its content; of several parts line by line, and nothing where there is none. */
    public String text() {
        JsonNode content = json.path("content");
        if (!content.isArray()) {
            return content.asText("");
        }
        List<String> parts = new ArrayList<>();
        content.forEach(part -> parts.add(part.get("text").asText()));
        return String.join("\n", parts);
    }

    /** Whether role and text are all that there is. */
    public boolean isPlain() {
        return json.size() == 2 && json.path("content").isTextual();
    }

    /** What it says beside its text, the names of the keys. */
    public List<String> furtherKeys() {
        List<String> keys = new ArrayList<>();
        json.fieldNames().forEachRemaining(keys::add);
        keys.removeAll(List.of("role", "content"));
        return keys;
    }

    /** The whole, with {@code role} and, where it has one, {@code content}. */
    public ObjectNode json() {
        return json.deepCopy();
    }

    JsonNode value(String key) {
        return json.path(key);
    }

    private static String shortened(JsonNode node) {
        String text = node.toString();
        return text.length() <= 80 ? text : text.substring(0, 77) + "...";
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof ChatMessage message && json.equals(message.json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    @Override
    public String toString() {
        return json.toString();
    }
}
