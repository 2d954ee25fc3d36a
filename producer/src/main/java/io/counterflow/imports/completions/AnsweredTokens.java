package io.counterflow.imports.completions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.Optional;

/**
 * What a choice of a server's answer says of its tokens: vLLM's {@code token_ids} (asked for with {@code return_token_ids}), llama.cpp's {@code
 * logprobs.content[].id}, or tokens that are spelled {@code token_id:N} (vLLM's {@code return_tokens_as_token_ids}).
 *
 * @param ids an array of them
 * @param logProbabilities an array of as many numbers, or of what stands in their place
 */
record AnsweredTokens(Optional<ArrayNode> ids, Optional<ArrayNode> logProbabilities) {

    private static final String SPELLED = "token_id:";

    static AnsweredTokens of(JsonNode choice) {
        ArrayNode terms = JsonNodeFactory.instance.arrayNode();
        ArrayNode named = JsonNodeFactory.instance.arrayNode();
        JsonNode content = choice.path("logprobs").path("content");
        if (content.isArray()) {
            for (JsonNode token : content) {
                terms.add(token.path("logprob"));
                add(named, token.path("id"), token.path("token"));
            }
        } else {
            choice.path("logprobs").path("token_logprobs").forEach(terms::add);
            choice.path("logprobs")
                    .path("tokens")
                    .forEach(token -> add(named, JsonNodeFactory.instance.missingNode(), token));
        }
        boolean given = choice.path("token_ids").isArray();
        ArrayNode ids = given ? (ArrayNode) choice.get("token_ids") : named;
        int tokens = content.isArray()
                ? content.size()
                : choice.path("logprobs").path("tokens").size();
        boolean known = !ids.isEmpty() && (given || named.size() == tokens);
        return new AnsweredTokens(
                known ? Optional.of(ids) : Optional.empty(),
                known && terms.size() == ids.size() ? Optional.of(terms) : Optional.empty());
    }

    private static void add(ArrayNode ids, JsonNode id, JsonNode token) {
        if (id.isInt()) {
            ids.add(id.intValue());
        } else if (token.asText("").matches(SPELLED + "\\d{1,9}")) {
            ids.add(Integer.parseInt(token.textValue().substring(SPELLED.length())));
        }
    }
}
