package io.counterflow.producer.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * llama.cpp's llama-server: {@code /v1/completions}, with ids and ln p in {@code logprobs.content} (tools/server/server-task.cpp).
 * What is left out it fills with top_k 40 and min_p 0.05 (common/common.h). The penalty looks at the last 64 tokens unless it is told otherwise.
 */
final class LlamaCppServer implements GenerationServer {

    @Override
    public ServerKind kind() {
        return ServerKind.LLAMA_CPP;
    }

    @Override
    public String path() {
        return CompletionsApi.PATH;
    }

    @Override
    public ObjectNode body(Asked asked) {
        return CompletionsApi.body(asked)
                .put("top_k", asked.topK())
                .put("min_p", 0.0)
                .put("typical_p", 1.0)
                .put("repeat_penalty", asked.repetitionPenalty())
                .put("repeat_last_n", -1)
                .put("dry_multiplier", 0.0)
                .put("xtc_probability", 0.0)
                .put("dynatemp_range", 0.0)
                .put("mirostat", 0)
                .put("ignore_eos", false)
                .put("post_sampling_probs", false);
    }

    @Override
    public Answer read(JsonNode body) {
        Answer read = CompletionsApi.read(body);
        // Its "model" is whatever it was asked for.
        return new Answer(
                read.finish(),
                read.stoppedByString(),
                read.text(),
                read.tokenIds(),
                read.terms(),
                read.promptTokenIds(),
                Optional.empty());
    }
}
