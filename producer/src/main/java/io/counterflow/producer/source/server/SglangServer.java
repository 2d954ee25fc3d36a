package io.counterflow.producer.source.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.UnicodeText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * SGLang's own {@code /generate}: {@code output_ids}, {@code meta_info.output_token_logprobs} ({@code [ln p, id, text]}), {@code meta_info.finish_reason}
 * ({@code {type, matched}}) and {@code meta_info.weight_version} (python/sglang/srt/managers/tokenizer_manager.py, 0.5). Seeds count only where it was
 * started with {@code --enable-deterministic-inference}.
 */
final class SglangServer implements GenerationServer {

    @Override
    public ServerKind kind() {
        return ServerKind.SGLANG;
    }

    @Override
    public String path() {
        return "/generate";
    }

    @Override
    public ObjectNode body(Asked asked) {
        ObjectNode sampling = CompletionsApi.JSON
                .createObjectNode()
                .put("max_new_tokens", asked.maxTokens())
                .put("min_new_tokens", 0)
                .put("temperature", asked.temperature())
                .put("top_p", asked.topP())
                .put("top_k", asked.topK() > 0 ? asked.topK() : -1)
                .put("min_p", 0.0)
                .put("repetition_penalty", asked.repetitionPenalty())
                .put("presence_penalty", 0.0)
                .put("frequency_penalty", 0.0)
                .put("ignore_eos", false)
                .put("n", 1)
                .put("sampling_seed", asked.seed());
        if (!asked.stopStrings().isEmpty()) {
            sampling.set("stop", CompletionsApi.JSON.valueToTree(asked.stopStrings()));
        }
        ObjectNode body = CompletionsApi.JSON
                .createObjectNode()
                .put("return_logprob", true)
                .put("logprob_start_len", -1)
                .put("stream", false);
        JsonNode prompt = CompletionsApi.JSON.valueToTree(asked.promptTokenIds());
        body.set("input_ids", prompt);
        body.set("sampling_params", sampling);
        asked.adapter().ifPresent(name -> body.put("lora_path", name));
        return body;
    }

    @Override
    public Answer read(JsonNode body) {
        JsonNode info = body.path("meta_info");
        if (!info.isObject()) {
            throw new UnreadableAnswerException("the server's answer has no meta_info: " + body);
        }
        List<Float> terms = new ArrayList<>();
        List<Integer> named = new ArrayList<>();
        for (JsonNode token : info.path("output_token_logprobs")) {
            if (token.path(0).isNumber() && token.path(1).isInt()) {
                terms.add(token.get(0).floatValue());
                named.add(token.get(1).asInt());
            }
        }
        int[] ofTerms = named.stream().mapToInt(Integer::intValue).toArray();
        int[] ids = CompletionsApi.ids(body.path("output_ids")).orElse(ofTerms);
        JsonNode reason = info.path("finish_reason");
        return new Answer(
                reason.path("type").asText("none"),
                reason.path("matched").isTextual(),
                UnicodeText.replaced(body.path("text").asText()),
                ids,
                java.util.Arrays.equals(ids, ofTerms) ? terms : List.of(),
                Optional.empty(),
                info.path("weight_version").isTextual()
                        ? Optional.of(info.get("weight_version").asText())
                        : Optional.empty());
    }
}
