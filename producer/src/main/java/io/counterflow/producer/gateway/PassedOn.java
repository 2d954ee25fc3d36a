package io.counterflow.producer.gateway;

import static io.counterflow.producer.gateway.RefusedException.BAD_REQUEST;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.log.lines.StrictJson;
import io.counterflow.producer.source.server.ServerKind;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/**
 * What a client's request becomes on its way to a server: every field stays, what names the sampled tokens is asked for in the server's own spelling, and settings that the
 * client leaves out are sent neutral, since servers fill them otherwise than a record would say. What a record has no place for is refused by name. Without state.
 */
final class PassedOn {

    /** Fields whose effect no record tells, or whose answer has another form. */
    private static final List<String> REFUSED = List.of(
            "stream",
            "echo",
            "suffix",
            "best_of",
            "logit_bias",
            "bad_words",
            "use_beam_search",
            "response_format",
            "guided_json",
            "guided_regex",
            "guided_choice",
            "guided_grammar",
            "structured_outputs",
            "regex",
            "ebnf",
            "grammar",
            "json_schema");

    private static final Map<String, List<Double>> NEUTRAL = Map.of(
            "min_p", List.of(0.0),
            "typical_p", List.of(1.0),
            "presence_penalty", List.of(0.0),
            "frequency_penalty", List.of(0.0),
            "min_tokens", List.of(0.0));

    private PassedOn() {}

    /**
     * The request as the server gets it.
     *
     * @param sent by the client; stays as it is
     * @param chat whether it goes to {@code /chat/completions}
     * @param asksForTokenIds of a server of no known kind: whether it takes what is not in OpenAI's API
     */
    static ObjectNode request(
            ObjectNode sent, boolean chat, ServerKind kind, boolean asksForTokenIds, RandomGenerator random)
            throws RefusedException {
        for (String name : REFUSED) {
            refuse(sent, name);
        }
        for (Map.Entry<String, List<Double>> setting : NEUTRAL.entrySet()) {
            JsonNode value = sent.path(setting.getKey());
            if (value.isNumber() && !setting.getValue().contains(value.doubleValue())) {
                throw new RefusedException(
                        BAD_REQUEST,
                        "'" + setting.getKey() + "' is " + StrictJson.abbreviated(value)
                                + ", which a record has no place for; leave it out");
            }
        }
        ObjectNode request = sent.deepCopy();
        fill(request, "temperature", 1.0);
        fill(request, "top_p", 1.0);
        fill(request, "presence_penalty", 0.0);
        fill(request, "frequency_penalty", 0.0);
        if (!request.hasNonNull("seed")) {
            request.put("seed", random.nextInt() & Integer.MAX_VALUE);
        }
        boolean more = kind != ServerKind.OPENAI || asksForTokenIds;
        if (more) {
            neutral(request, kind);
        }
        if (kind == ServerKind.VLLM || kind == ServerKind.OPENAI && asksForTokenIds) {
            request.put("return_token_ids", true);
        }
        if (chat) {
            request.put("logprobs", true);
        } else if (!request.hasNonNull("logprobs")) {
            request.put("logprobs", 1);
        }
        return request;
    }

    private static void neutral(ObjectNode request, ServerKind kind) {
        boolean llama = kind == ServerKind.LLAMA_CPP;
        fill(request, "min_p", 0.0);
        if (!request.hasNonNull("top_k")) {
            request.put("top_k", llama ? 0 : -1);
        }
        if (llama) {
            fill(request, "typical_p", 1.0);
            fill(request, "repeat_penalty", 1.0);
            request.put("repeat_last_n", -1)
                    .put("dry_multiplier", 0.0)
                    .put("xtc_probability", 0.0)
                    .put("dynatemp_range", 0.0)
                    .put("mirostat", 0)
                    .put("post_sampling_probs", false);
        } else {
            fill(request, "repetition_penalty", 1.0);
        }
    }

    private static void fill(ObjectNode request, String name, double value) {
        if (!request.hasNonNull(name)) {
            request.put(name, value);
        }
    }

    private static void refuse(ObjectNode sent, String name) throws RefusedException {
        JsonNode value = sent.path(name);
        boolean without = value.isMissingNode()
                || value.isNull()
                || value.isBoolean() && !value.booleanValue()
                || value.isContainerNode() && value.isEmpty()
                || name.equals("best_of") && value.asInt() == 1
                || name.equals("response_format") && value.path("type").asText().equals("text");
        if (!without) {
            throw new RefusedException(
                    BAD_REQUEST,
                    name.equals("stream")
                            ? "'stream' is not taken: an answer is passed on when the log has it whole; leave it out"
                            : "'" + name
                                    + "' is not taken: the log could not say what it did to the completion; leave it out");
        }
    }
}
