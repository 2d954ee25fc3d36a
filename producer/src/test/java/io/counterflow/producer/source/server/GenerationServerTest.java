package io.counterflow.producer.source.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What each kind of server is asked, and how its answers read; written from their documentation and source. */
class GenerationServerTest {

    private static final Asked NEUTRAL =
            new Asked("m", Optional.empty(), new int[] {1, 3, 4}, 7, 1, 0, 1, 1, 8, List.of());

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }

    private static GenerationServer server(ServerKind kind) {
        return GenerationServer.of(kind, true);
    }

    /** vLLM 0.11: vllm/entrypoints/openai/protocol.py, CompletionRequest. */
    @Test
    void vllmIsSentEverySettingInItsSpelling() {
        assertThat(json(server(ServerKind.VLLM).body(NEUTRAL).toString())).isEqualTo(json("""
                {"model": "m", "prompt": [1, 3, 4], "max_tokens": 8, "temperature": 1.0, "top_p": 1.0,
                 "presence_penalty": 0.0, "frequency_penalty": 0.0, "n": 1, "logprobs": 1, "seed": 7,
                 "return_token_ids": true, "top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "min_tokens": 0,
                 "ignore_eos": false}"""));
        assertThat(server(ServerKind.VLLM).path()).isEqualTo("completions");
    }

    /** llama.cpp v0.4.0: tools/server/README.md, POST /completion, and tools/server/server-task.cpp, params_from_json_cmpl. */
    @Test
    void llamaCppIsSentEverySettingInItsSpelling() {
        JsonNode body = server(ServerKind.LLAMA_CPP).body(NEUTRAL);
        assertThat(body.get("top_k").asInt(-7)).isZero();
        assertThat(body.get("min_p").asDouble(7)).isZero();
        assertThat(body.get("typical_p").asDouble()).isEqualTo(1);
        assertThat(body.get("repeat_penalty").asDouble()).isEqualTo(1);
        assertThat(body.get("repeat_last_n").asInt()).isEqualTo(-1);
        assertThat(body.get("dry_multiplier").asDouble(7)).isZero();
        assertThat(body.get("xtc_probability").asDouble(7)).isZero();
        assertThat(body.get("post_sampling_probs").asBoolean(true)).isFalse();
        assertThat(body.has("repetition_penalty")).isFalse();
    }

    /** SGLang 0.5: docs/basic_usage/sampling_params.md and python/sglang/srt/managers/io_struct.py, GenerateReqInput. */
    @Test
    void sglangIsAskedAtItsOwnEndpointInItsSpelling() {
        Asked asked = new Asked("m", Optional.of("r-v3"), new int[] {1, 3, 4}, 7, 0.5, 20, 0.9, 1.1, 8, List.of("\n"));
        assertThat(server(ServerKind.SGLANG).path()).isEqualTo("/generate");
        assertThat(json(server(ServerKind.SGLANG).body(asked).toString())).isEqualTo(json("""
                {"input_ids": [1, 3, 4], "return_logprob": true, "logprob_start_len": -1, "stream": false,
                 "lora_path": "r-v3", "sampling_params": {"max_new_tokens": 8, "min_new_tokens": 0,
                 "temperature": 0.5, "top_p": 0.9, "top_k": 20, "min_p": 0.0, "repetition_penalty": 1.1,
                 "presence_penalty": 0.0, "frequency_penalty": 0.0, "ignore_eos": false, "n": 1,
                 "sampling_seed": 7, "stop": ["\\n"]}}"""));
        assertThat(server(ServerKind.SGLANG)
                        .body(NEUTRAL)
                        .at("/sampling_params/top_k")
                        .asInt())
                .isEqualTo(-1);
    }

    /** SGLang 0.5: python/sglang/srt/managers/tokenizer_manager.py, _handle_batch_output. */
    @Test
    void sglangNamesIdsLogProbabilitiesFinishAndWeights() {
        Answer answer = server(ServerKind.SGLANG).read(json("""
                {"text": " c d", "output_ids": [5, 6, 2], "meta_info": {"id": "x",
                 "finish_reason": {"type": "stop", "matched": 2}, "prompt_tokens": 3, "weight_version": "r-v3",
                 "output_token_logprobs": [[-0.5, 5, null], [-1.0, 6, null], [-0.25, 2, null]],
                 "completion_tokens": 3}}"""));
        assertThat(answer.tokenIds()).containsExactly(5, 6, 2);
        assertThat(answer.terms()).containsExactly(-0.5f, -1.0f, -0.25f);
        assertThat(answer.finish()).isEqualTo("stop");
        assertThat(answer.stoppedByString()).isFalse();
        assertThat(answer.weights()).contains("r-v3");
    }

    @Test
    void sglangTellsStopStringsLimitsAndAbortsApart() {
        String form = """
                {"text": " c", "output_ids": [5], "meta_info": {"finish_reason": %s,
                 "output_token_logprobs": [[-0.5, 5, null]]}}""";
        GenerationServer server = server(ServerKind.SGLANG);
        assertThat(server.read(json(form.formatted("{\"type\": \"stop\", \"matched\": \"d\"}")))
                        .stoppedByString())
                .isTrue();
        assertThat(server.read(json(form.formatted("{\"type\": \"length\", \"length\": 8}")))
                        .isAtItsLimit())
                .isTrue();
        for (String cut : List.of("{\"type\": \"abort\", \"message\": \"Aborted\"}", "null")) {
            assertThat(server.read(json(form.formatted(cut))).isFinished())
                    .describedAs(cut)
                    .isFalse();
        }
        assertThatThrownBy(() -> server.read(json("{\"error\": {\"message\": \"no\"}}")))
                .isInstanceOf(UnreadableAnswerException.class)
                .hasMessageContaining("no meta_info");
    }

    /** Terms of other tokens than those that it names are not taken for theirs. */
    @Test
    void logProbabilitiesOfOtherTokensAreUnknown() {
        Answer answer = server(ServerKind.SGLANG).read(json("""
                {"text": " c", "output_ids": [5], "meta_info": {"finish_reason": {"type": "length"},
                 "output_token_logprobs": [[-0.5, 6, null]]}}"""));
        assertThat(answer.tokenIds()).containsExactly(5);
        assertThat(answer.terms()).isEmpty();
    }

    @Test
    void anAdapterOfVllmIsAskedForAsAModel() {
        Asked asked = new Asked("m", Optional.of("r-v3"), new int[] {1}, 7, 1, 0, 1, 1, 8, List.of());
        assertThat(server(ServerKind.VLLM).body(asked).get("model").asText()).isEqualTo("r-v3");
    }
}
