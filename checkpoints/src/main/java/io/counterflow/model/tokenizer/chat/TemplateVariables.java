package io.counterflow.model.tokenizer.chat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Map;
import java.util.TreeMap;

/** Variables of a chat template, such as {@code enable_thinking}, as settings and commands give them. */
public final class TemplateVariables {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private TemplateVariables() {}

    /**
     * Of settings.
     *
     * @param settings null for none; values as a configuration file has them
     * @throws IllegalArgumentException where a name cannot be one of a variable
     */
    public static Map<String, JsonNode> of(Map<String, Object> settings) {
        Map<String, JsonNode> variables = new TreeMap<>();
        if (settings != null) {
            settings.forEach((name, value) -> variables.put(checked(name), MAPPER.valueToTree(value)));
        }
        return variables;
    }

    /**
     * Of a command's options.
     *
     * @param options values as JSON; what is none is a text
     * @throws IllegalArgumentException where a name cannot be one of a variable
     */
    public static Map<String, JsonNode> parsed(Map<String, String> options) {
        Map<String, JsonNode> variables = new TreeMap<>();
        options.forEach((name, value) -> variables.put(checked(name), parsed(value)));
        return variables;
    }

    private static JsonNode parsed(String value) {
        try {
            JsonNode node = MAPPER.readTree(value);
            return node.isMissingNode() ? TextNode.valueOf(value) : node;
        } catch (JsonProcessingException e) {
            return TextNode.valueOf(value);
        }
    }

    private static String checked(String name) {
        try {
            Conversation.requireVariable(name);
            return name;
        } catch (ChatTemplateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }
}
