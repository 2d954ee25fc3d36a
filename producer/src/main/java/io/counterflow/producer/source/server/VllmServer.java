package io.counterflow.producer.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * vLLM: {@code /v1/completions} with {@code return_token_ids}. What is left out it takes from the checkpoint's
 * generation_config.json (vllm/entrypoints/openai/completion/protocol.py, 0.11 and later). An adapter is asked for as a
 * model.
 */
final class VllmServer implements GenerationServer {

    @Override
    public ServerKind kind() {
        return ServerKind.VLLM;
    }

    @Override
    public String path() {
        return CompletionsApi.PATH;
    }

    @Override
    public ObjectNode body(Asked asked) {
        return CompletionsApi.body(asked)
                .put("return_token_ids", true)
                .put("top_k", asked.topK() > 0 ? asked.topK() : -1)
                .put("min_p", 0.0)
                .put("repetition_penalty", asked.repetitionPenalty())
                .put("min_tokens", 0)
                .put("ignore_eos", false);
    }

    @Override
    public Answer read(JsonNode body) {
        return CompletionsApi.read(body);
    }
}
