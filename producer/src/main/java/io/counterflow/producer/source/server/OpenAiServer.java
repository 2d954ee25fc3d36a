package io.counterflow.producer.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A server of no known kind. It is sent what all kinds understand: they take -1 for no limit, and pass over the other's spelling of a penalty.
 *
 * @param asksForTokenIds whether it takes what is not in OpenAI's own API
 */
record OpenAiServer(boolean asksForTokenIds) implements GenerationServer {

    @Override
    public ServerKind kind() {
        return ServerKind.OPENAI;
    }

    @Override
    public String path() {
        return CompletionsApi.PATH;
    }

    @Override
    public ObjectNode body(Asked asked) {
        ObjectNode body = CompletionsApi.body(asked);
        if (asksForTokenIds) {
            return body.put("return_token_ids", true)
                    .put("return_tokens_as_token_ids", true)
                    .put("top_k", asked.topK() > 0 ? asked.topK() : -1)
                    .put("min_p", 0.0)
                    .put("repetition_penalty", asked.repetitionPenalty())
                    .put("repeat_penalty", asked.repetitionPenalty())
                    .put("min_tokens", 0)
                    .put("ignore_eos", false);
        }
        if (asked.topK() > 0) {
            body.put("top_k", asked.topK());
        }
        if (asked.repetitionPenalty() != 1) {
            body.put("repetition_penalty", asked.repetitionPenalty());
        }
        return body;
    }

    @Override
    public Answer read(JsonNode body) {
        return CompletionsApi.read(body);
    }
}
