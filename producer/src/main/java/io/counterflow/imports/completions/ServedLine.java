package io.counterflow.imports.completions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.BadLineException;
import io.counterflow.log.lines.JsonLinesFile;
import java.util.List;
import java.util.Optional;

/**
 * A line that a proxy in front of a server with OpenAI's API wrote: the answer, with its {@code choices}, and the request, in a column of its own or as the rest of
 * the line. It becomes a line of the usual form: the prompt, the completions, and what the answer says of their tokens. Without state.
 */
final class ServedLine {

    private static final List<String> ANSWERS = List.of("response", "response_body");
    private static final List<String> REQUESTS = List.of("request", "request_body");
    /** What of a request is how to sample. */
    private static final List<String> SETTINGS = List.of(
            "temperature",
            "top_k",
            "top_p",
            "min_p",
            "typical_p",
            "repetition_penalty",
            "repeat_penalty",
            "presence_penalty",
            "frequency_penalty",
            "min_tokens",
            "max_tokens",
            "max_completion_tokens",
            "seed");

    private ServedLine() {}

    /** The line itself, where it is none of a proxy. */
    static ObjectNode flat(ObjectNode line) throws BadLineException {
        Optional<String> column = ANSWERS.stream()
                .filter(name -> choices(line.path(name)).isArray())
                .findFirst();
        if (column.isEmpty()) {
            return line;
        }
        ObjectNode flat = line.deepCopy();
        JsonNode answer = flat.remove(column.get());
        answer = answer.path("body").isObject() ? answer.get("body") : answer;
        ObjectNode request = flat;
        for (String name : REQUESTS) {
            if (flat.path(name).isObject()) {
                request = (ObjectNode) flat.remove(name);
                request = request.path("body").isObject() ? (ObjectNode) request.get("body") : request;
                break;
            }
        }
        return of(flat, request, answer);
    }

    private static JsonNode choices(JsonNode answer) {
        return answer.path("body").isObject() ? answer.path("body").path("choices") : answer.path("choices");
    }

    /**
     * A line of the usual form.
     *
     * @param rest what else the line has; is changed
     * @param request the body of the request; its prompt, its tools and its settings are taken
     * @param answer the body of the answer
     */
    static ObjectNode of(ObjectNode rest, ObjectNode request, JsonNode answer) throws BadLineException {
        ObjectNode settings = JsonNodeFactory.instance.objectNode();
        for (String name : SETTINGS) {
            JsonNode value = request.remove(name);
            if (value != null && !value.isNull()) {
                settings.set(name, value);
            }
        }
        for (String name : List.of("prompt", "messages", "tools", "documents", "chat_template_kwargs", "metadata")) {
            JsonNode value = request.remove(name);
            if (value != null && !value.isNull()) {
                rest.set(name.equals("messages") ? "prompt" : name, value);
            }
        }
        if (!settings.isEmpty()) {
            rest.set("sampling_params", settings);
        }
        if (answer.path("model").isTextual()) {
            rest.set("model", answer.get("model"));
        }
        ArrayNode texts = rest.putArray("completions");
        ArrayNode reasons = rest.putArray("finish_reasons");
        ArrayNode ids = JsonNodeFactory.instance.arrayNode();
        ArrayNode terms = JsonNodeFactory.instance.arrayNode();
        JsonNode prompt = answer.path("prompt_token_ids");
        if (answer.get("choices").isEmpty()) {
            throw new BadLineException("the answer has no choice");
        }
        for (JsonNode choice : answer.get("choices")) {
            texts.add(text(choice));
            reasons.add(reason(choice));
            AnsweredTokens tokens = AnsweredTokens.of(choice);
            if (tokens.ids().isPresent()) {
                ids.add(tokens.ids().get());
                tokens.logProbabilities().ifPresent(terms::add);
            }
            prompt = choice.path("prompt_token_ids").isArray() ? choice.get("prompt_token_ids") : prompt;
        }
        int choices = texts.size();
        if (!ids.isEmpty() && ids.size() != choices) {
            throw new BadLineException("the answer has token ids of " + ids.size() + " of its " + choices + " choices");
        }
        if (ids.isEmpty()) {
            refuseMore(answer.get("choices"));
        } else {
            rest.set("completion_token_ids", ids);
            if (terms.size() == choices) {
                rest.set("completion_logprobs", terms);
            }
            if (prompt.isArray()) {
                rest.set("prompt_token_ids", prompt);
            }
        }
        return rest;
    }

    /** Without tokens a completion is its text, and nothing beside it. */
    private static void refuseMore(JsonNode choices) throws BadLineException {
        for (JsonNode choice : choices) {
            for (String key : List.of("tool_calls", "reasoning_content", "reasoning", "function_call")) {
                JsonNode value = choice.path("message").path(key);
                if (!value.isMissingNode() && !value.isNull() && !value.isEmpty()
                        || value.isTextual() && !value.asText().isEmpty()) {
                    throw new BadLineException(
                            "the answer has " + key + " and no token ids; a completion without ids is a text");
                }
            }
        }
    }

    private static String text(JsonNode choice) throws BadLineException {
        JsonNode text = choice.has("message") ? choice.path("message").path("content") : choice.path("text");
        if (text.isTextual()) {
            return text.textValue();
        }
        if (text.isNull() && choice.has("message")) {
            return "";
        }
        throw new BadLineException("a choice has no text, but " + JsonLinesFile.abbreviated(choice));
    }

    private static String reason(JsonNode choice) throws BadLineException {
        JsonNode reason = choice.path("finish_reason");
        if (!reason.isTextual()) {
            throw new BadLineException("a choice has no finish_reason, so it did not end");
        }
        // vLLM says which string stopped it.
        return reason.textValue().equals("stop") && choice.path("stop_reason").isTextual()
                ? "stop_string"
                : reason.textValue();
    }
}
