package io.counterflow.scorer.exchange;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.ScoreRequest.Turn;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Conversations as a scorer sees them, and as a chat template is told them. */
public final class Conversations {
    private static final ObjectMapper JSON = new ObjectMapper();

    private Conversations() {}

    /** The turns of messages. */
    public static List<Turn> turns(List<ChatMessage> messages) {
        return messages.stream()
                .map(m -> new Turn(
                        m.role(),
                        m.text(),
                        m.isPlain() ? Optional.empty() : Optional.of(m.json().toString())))
                .toList();
    }

    /** Variables as a request has them. */
    public static Map<String, String> variables(Map<String, JsonNode> variables) {
        Map<String, String> texts = new HashMap<>();
        variables.forEach((name, value) -> texts.put(name, value.toString()));
        return texts;
    }

    /**
     * The conversation of a request before its completion.
     *
     * @throws IllegalArgumentException where it holds what is no JSON
     */
    public static Conversation of(ScoreRequest request) {
        Map<String, JsonNode> variables = new HashMap<>();
        request.templateVariables().forEach((name, value) -> variables.put(name, tree(value)));
        return new Conversation(
                request.turns().stream().map(Conversations::message).toList(), variables);
    }

    /** The message of a turn. */
    public static ChatMessage message(Turn turn) {
        return turn.json()
                .map(json -> ChatMessage.of(tree(json)))
                .orElseGet(() -> new ChatMessage(turn.role(), turn.content()));
    }

    static JsonNode tree(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not JSON: " + json, e);
        }
    }
}
