package io.counterflow.scorer.exchange;

import com.fasterxml.jackson.databind.JsonNode;
import io.counterflow.log.lines.StrictJson;
import io.counterflow.model.tokenizer.chat.ChatMessage;
import io.counterflow.model.tokenizer.chat.Conversation;
import io.counterflow.scorer.api.ScoreRequest;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Requests out of JSON objects, as {@link JsonExchange#readRequest} says. What is none is an {@link IllegalArgumentException} or a ChatTemplateException. */
final class RequestReader {

    private final JsonNode node;

    private RequestReader(JsonNode node) {
        this.node = node;
    }

    static ScoreRequest read(JsonNode node, String fallbackId) {
        return new RequestReader(node).request(fallbackId);
    }

    private ScoreRequest request(String fallbackId) {
        Map<String, String> metadata = new LinkedHashMap<>();
        node.path("metadata").properties().forEach(e -> metadata.put(e.getKey(), StrictJson.text(e.getValue())));
        Optional<String> completion = completion();
        Optional<Conversation> conversation = conversation();
        Optional<ChatMessage> last =
                conversation.map(Conversation::last).filter(m -> m.role().equals("assistant"));
        if (last.isPresent()) {
            conversation = conversation.map(Conversation::withoutLast);
            if (completion.isEmpty()) {
                completion = Optional.of(only(List.of(last.get())));
            } else {
                metadata.putIfAbsent(
                        "reference",
                        last.get().isPlain()
                                ? last.get().text()
                                : last.get().json().toString());
            }
        }
        return new ScoreRequest(
                node.hasNonNull("id") ? StrictJson.text(node.get("id")) : fallbackId,
                prompt(conversation),
                conversation.map(c -> Conversations.turns(c.messages())).orElse(List.of()),
                completion.orElseThrow(() -> new IllegalArgumentException(
                        "no text 'completion' in " + JsonExchange.shorten(node.toString()))),
                metadata,
                conversation.map(c -> Conversations.variables(c.variables())).orElse(Map.of()));
    }

    private Optional<String> completion() {
        JsonNode completion = node.path("completion");
        if (completion.isArray()) {
            return Optional.of(only(Conversation.messages("completion", completion)));
        }
        if (completion.isTextual() || completion.isMissingNode()) {
            return Optional.ofNullable(completion.textValue());
        }
        throw new IllegalArgumentException("no text 'completion' in " + JsonExchange.shorten(node.toString()));
    }

    private static String only(List<ChatMessage> completion) {
        ChatMessage last = completion.get(completion.size() - 1);
        if (completion.size() != 1 || !last.role().equals("assistant")) {
            throw new IllegalArgumentException("the completion is not one turn of the assistant");
        }
        if (!last.furtherKeys().isEmpty()) {
            throw new IllegalArgumentException(
                    "the completion has " + String.join(", ", last.furtherKeys()) + "; it must be a text");
        }
        return last.text();
    }

    private Optional<Conversation> conversation() {
        List<String> columns = Stream.of("turns", "messages", "conversations", "prompt")
                .filter(c -> c.equals("prompt") ? node.path(c).isArray() : node.hasNonNull(c))
                .toList();
        if (columns.isEmpty()) {
            requireNoOtherConversation();
            return Optional.empty();
        }
        JsonNode array = node.get(columns.get(0));
        if (columns.stream().anyMatch(other -> !node.get(other).equals(array))) {
            throw new IllegalArgumentException("different conversations in " + String.join(" and ", columns));
        }
        if (!array.isArray()) {
            throw new IllegalArgumentException(
                    "'" + columns.get(0) + "' is no array of messages, but " + JsonExchange.shorten(array.toString()));
        }
        if (array.isEmpty() && columns.get(0).equals("turns")) {
            return Optional.empty();
        }
        Map<String, JsonNode> variables = new HashMap<>(Conversation.variables(node));
        node.path("template_variables").properties().forEach(e -> variables.put(e.getKey(), e.getValue()));
        return Optional.of(new Conversation(Conversation.messages(columns.get(0), array), variables));
    }

    /** A completion alone can be judged, but not one whose conversation stands under a name that nobody reads. */
    private void requireNoOtherConversation() {
        if (node.path("prompt").isTextual()) {
            return;
        }
        node.properties().forEach(entry -> {
            JsonNode value = entry.getValue();
            boolean messages = value.isArray()
                    && !value.isEmpty()
                    && (value.get(0).path("role").isTextual()
                            || value.get(0).path("from").isTextual());
            if (messages && !entry.getKey().equals("completion")) {
                throw new IllegalArgumentException(
                        "a conversation under '%s', which is not read; it must be in turns, messages, conversations or prompt"
                                .formatted(entry.getKey()));
            }
        });
    }

    private String prompt(Optional<Conversation> conversation) {
        JsonNode prompt = node.path("prompt");
        if (prompt.isTextual()) {
            return prompt.asText();
        }
        if (conversation.isPresent() && (prompt.isArray() || prompt.isMissingNode() || prompt.isNull())) {
            return conversation.get().text();
        }
        if (prompt.isMissingNode()) {
            return "";
        }
        throw new IllegalArgumentException(
                "'prompt' is neither a text nor messages, but " + JsonExchange.shorten(prompt.toString()));
    }
}
