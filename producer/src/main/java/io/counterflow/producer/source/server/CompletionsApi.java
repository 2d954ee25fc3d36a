package io.counterflow.producer.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.UnicodeText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** What the servers with OpenAI's {@code /completions} have in common. */
final class CompletionsApi {

    static final String PATH = "completions";
    static final ObjectMapper JSON = new ObjectMapper();
    private static final String TOKEN_ID = "token_id:";

    private CompletionsApi() {}

    /** The fields of OpenAI's own API. */
    static ObjectNode body(Asked asked) {
        ObjectNode body = JSON.createObjectNode()
                .put("model", asked.adapter().orElse(asked.model()))
                .put("max_tokens", asked.maxTokens())
                .put("temperature", asked.temperature())
                .put("top_p", asked.topP())
                .put("presence_penalty", 0.0)
                .put("frequency_penalty", 0.0)
                .put("n", 1)
                .put("logprobs", 1)
                .put("seed", asked.seed());
        JsonNode prompt = JSON.valueToTree(asked.promptTokenIds());
        body.set("prompt", prompt);
        if (!asked.stopStrings().isEmpty()) {
            body.set("stop", JSON.valueToTree(asked.stopStrings()));
        }
        return body;
    }

    /** Reads what any of them may say. */
    static Answer read(JsonNode answer) {
        JsonNode choice = answer.path("choices").path(0);
        if (!choice.path("text").isTextual()) {
            throw new UnreadableAnswerException("the server's answer has no choices[0].text: " + answer);
        }
        return new Answer(
                choice.path("finish_reason").asText("none"),
                // vLLM says which string stopped it; others do not tell it from the end-of-sequence token.
                choice.path("stop_reason").isTextual(),
                // A server that cuts a text between the halves of a pair sends one of them, which the log has no form
                // for.
                UnicodeText.replaced(choice.get("text").asText()),
                tokenIds(choice),
                terms(choice),
                ids(choice.has("prompt_token_ids") ? choice.get("prompt_token_ids") : answer.path("prompt_token_ids")),
                answer.path("model").isTextual()
                        ? Optional.of(answer.get("model").asText())
                        : Optional.empty());
    }

    private static List<Float> terms(JsonNode choice) {
        List<JsonNode> given = new ArrayList<>();
        JsonNode content = choice.path("logprobs").path("content");
        if (content.isArray()) {
            content.forEach(token -> given.add(token.path("logprob")));
        } else {
            choice.path("logprobs").path("token_logprobs").forEach(given::add);
        }
        return given.stream().allMatch(JsonNode::isNumber)
                ? given.stream().map(JsonNode::floatValue).toList()
                : List.of();
    }

    private static int[] tokenIds(JsonNode choice) {
        Optional<int[]> named = ids(choice.path("token_ids"));
        if (named.isPresent()) {
            return named.get();
        }
        JsonNode content = choice.path("logprobs").path("content");
        List<Integer> found = new ArrayList<>();
        if (content.isArray() && !content.isEmpty()) {
            for (JsonNode token : content) {
                if (!token.path("id").isInt()) {
                    return new int[0];
                }
                found.add(token.get("id").asInt());
            }
        } else {
            for (JsonNode token : choice.path("logprobs").path("tokens")) {
                if (!token.asText().startsWith(TOKEN_ID)) {
                    return new int[0];
                }
                found.add(Integer.parseInt(token.asText().substring(TOKEN_ID.length())));
            }
        }
        return found.stream().mapToInt(Integer::intValue).toArray();
    }

    static Optional<int[]> ids(JsonNode array) {
        return array.isArray()
                ? Optional.of(IntStream.range(0, array.size())
                        .map(i -> array.get(i).asInt())
                        .toArray())
                : Optional.empty();
    }
}
