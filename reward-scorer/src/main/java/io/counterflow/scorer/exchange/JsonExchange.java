package io.counterflow.scorer.exchange;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.StrictJson;
import io.counterflow.log.lines.UnicodeText;
import io.counterflow.model.tokenizer.chat.ChatTemplateException;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The JSON of requests and outcomes.
 *
 * <p>Request: {@code {"id": "c1", "prompt": "...", "completion": "...", "metadata": {"k": "v"}, "turns": [{"role": "user",
 * "content": "..."}]}}; {@code turns} is there for conversations only, whose messages are whole in it, and so is {@code template_variables}, what chat
 * templates are told beside them (tools); {@code id}, {@code prompt} and {@code metadata} may be left out when read.
 *
 * <p>Outcome, one of: {@code {"value": 0.5, "components": {"part": 0.1}, "details": {"why": "so"}}} where only {@code value} must
 * be there; {@code {"failed": "cause"}}; {@code {"timedOut": "cause"}}; {@code {"rejected": "cause"}}. Unknown keys are ignored. Where an outcome
 * comes from another process it also has the {@code id} of its request, which is how the two are brought together.
 */
public final class JsonExchange {

    private static final ObjectMapper JSON = new ObjectMapper();

    private JsonExchange() {}

    /** A request as one line of JSON. */
    public static String write(ScoreRequest request) {
        return text(node(request));
    }

    /** The request as a tree. */
    public static ObjectNode node(ScoreRequest request) {
        ObjectNode node = JSON.createObjectNode();
        node.put("id", request.id());
        node.put("prompt", request.prompt());
        node.put("completion", request.completion());
        ObjectNode metadata = node.putObject("metadata");
        new TreeMap<>(request.metadata()).forEach(metadata::put);
        if (!request.turns().isEmpty()) {
            ArrayNode turns = node.putArray("turns");
            request.turns()
                    .forEach(t -> turns.add(t.json().map(Conversations::tree).orElseGet(() -> JSON.createObjectNode()
                            .put("role", t.role())
                            .put("content", t.content()))));
        }
        if (!request.templateVariables().isEmpty()) {
            ObjectNode variables = node.putObject("template_variables");
            new TreeMap<>(request.templateVariables())
                    .forEach((name, value) -> variables.set(name, Conversations.tree(value)));
        }
        return node;
    }

    /**
     * Reads a request. Its conversation is in {@code turns}, {@code messages}, {@code conversations}, or an array {@code prompt}; where it ends with the assistant's words, those are the
     * completion, or where there is one, the metadata's {@code reference}. {@code tools}, {@code documents} and {@code chat_template_kwargs} are read as
     * {@code template_variables}.
     *
     * @param fallbackId identifier where the text has none
     * @throws IllegalArgumentException when it is not a request, with what is missing or not understood
     */
    public static ScoreRequest readRequest(String line, String fallbackId) {
        return readRequest(tree(line), fallbackId);
    }

    /** The same of a tree; numbers in its metadata are spelled as {@link StrictJson} read them. */
    public static ScoreRequest readRequest(JsonNode line, String fallbackId) {
        try {
            return RequestReader.read(line, fallbackId);
        } catch (ChatTemplateException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    /** The identifier that a line gives itself, also where it is no request; empty where it has none, or one that is no Unicode text. */
    public static Optional<String> idOf(String line) {
        try {
            return Optional.of(tree(line).path("id"))
                    .filter(id -> !id.isMissingNode() && !id.isNull())
                    .map(JsonExchange::plain)
                    .filter(id -> UnicodeText.loneSurrogate(id) < 0);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** An outcome as a tree. Halves of surrogate pairs in a scorer's words, which no file can hold, are U+FFFD in it. */
    public static ObjectNode node(ScoreOutcome outcome) {
        ObjectNode node = JSON.createObjectNode();
        if (outcome instanceof Scored scored) {
            node.put("value", scored.value());
            if (!scored.components().isEmpty()) {
                ObjectNode components = node.putObject("components");
                new TreeMap<>(scored.components())
                        .forEach((name, part) -> components.put(UnicodeText.replaced(name), part));
            }
            if (!scored.details().isEmpty()) {
                ObjectNode details = node.putObject("details");
                new TreeMap<>(scored.details())
                        .forEach((name, text) -> details.put(UnicodeText.replaced(name), UnicodeText.replaced(text)));
            }
        } else if (outcome instanceof Failed failed) {
            node.put("failed", UnicodeText.replaced(failed.cause()));
        } else if (outcome instanceof TimedOut timedOut) {
            node.put("timedOut", UnicodeText.replaced(timedOut.cause()));
        } else if (outcome instanceof Rejected rejected) {
            node.put("rejected", UnicodeText.replaced(rejected.cause()));
        }
        return node;
    }

    /**
     * Reads an outcome; what is none is {@link Failed}.
     *
     * @param node an outcome's JSON
     */
    public static ScoreOutcome readOutcome(JsonNode node) {
        if (node.path("failed").isTextual()) {
            return new Failed(node.get("failed").asText());
        }
        if (node.path("timedOut").isTextual()) {
            return new TimedOut(node.get("timedOut").asText());
        }
        if (node.path("rejected").isTextual()) {
            return new Rejected(node.get("rejected").asText());
        }
        if (!node.path("value").isNumber()) {
            return new Failed("not an outcome, it has no number 'value': " + shorten(node.toString()));
        }
        Map<String, Double> components = new LinkedHashMap<>();
        node.path("components")
                .properties()
                .forEach(e -> components.put(e.getKey(), e.getValue().asDouble(Double.NaN)));
        Map<String, String> details = new LinkedHashMap<>();
        node.path("details").properties().forEach(e -> details.put(e.getKey(), plain(e.getValue())));
        return ScoreOutcome.of(node.get("value").asDouble(), components, details);
    }

    /** Reads an outcome from one line; what is none is {@link Failed}. */
    public static ScoreOutcome readOutcome(String line) {
        try {
            return readOutcome(tree(line));
        } catch (IllegalArgumentException e) {
            return new Failed(e.getMessage());
        }
    }

    /** JSON text as a tree. */
    public static JsonNode tree(String text) {
        try {
            JsonNode node = JSON.readTree(text);
            if (node == null || !node.isObject()) {
                throw new IllegalArgumentException("not a JSON object: " + shorten(text));
            }
            return node;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("not JSON: " + shorten(text), e);
        }
    }

    /** A tree as text on one line. */
    public static String text(JsonNode node) {
        return node.toString();
    }

    private static String plain(JsonNode value) {
        return value.isValueNode() ? value.asText() : value.toString();
    }

    /** The beginning of a text that is long, for a message. */
    public static String shorten(String text) {
        return text.length() <= 200 ? text : text.substring(0, 200) + " ...";
    }
}
