package io.counterflow.producer.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import io.counterflow.producer.source.CompletionSource.Request;
import io.counterflow.producer.source.CompletionSource.Sampled;
import io.counterflow.producer.source.CompletionSource.Tokenized;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Prompt;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The words a, b, c, d have the ids 3 to 6; 2 ends a completion. */
class OpenAiCompletionSourceTest {

    private static final String WITH_IDS = """
            {"choices": [{"text": "c d", "finish_reason": "stop", "token_ids": [5, 6, 2],
              "logprobs": {"token_logprobs": [-0.5, -1.0, -0.25]}}]}""";
    private static final String WITH_NAMED_IDS = """
            {"choices": [{"text": "c", "finish_reason": "length", "logprobs":
              {"tokens": ["token_id:5"], "token_logprobs": [-0.5]}}]}""";
    private static final String TEXT_ONLY = """
            {"choices": [{"text": "c d", "finish_reason": "stop", "logprobs": null}]}""";
    private static final String STOPPED_BY_A_STRING = """
            {"choices": [{"text": "c", "finish_reason": "stop", "stop_reason": "d", "token_ids": [5, 6],
              "logprobs": {"token_logprobs": [-0.5, -1.0]}}]}""";

    private record Answer(int status, String body) {}

    @TempDir
    Path folder;

    private final List<JsonNode> asked = new CopyOnWriteArrayList<>();
    private final AtomicReference<Function<Integer, Answer>> answers = new AtomicReference<>();
    private HttpServer server;

    @BeforeEach
    void serve() throws IOException {
        WordLevelTokenizer.write(folder, List.of("a", "b", "c", "d"));
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v1/completions", exchange -> {
            asked.add(new ObjectMapper().readTree(exchange.getRequestBody()));
            Answer answer = answers.get().apply(asked.size());
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private OpenAiCompletionSource source() {
        return source(false);
    }

    private OpenAiCompletionSource source(boolean encodeText) {
        String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
        return new OpenAiCompletionSource(
                new OpenAiConfig(url, null, "m", null, folder.toString(), 12, 1, null, 2, null, encodeText, null),
                Map.of());
    }

    private static Prompt prompt(String text) {
        return Prompt.newBuilder()
                .setPromptId("p")
                .setTask("t")
                .setSplit("train")
                .setText(text)
                .setCreatedAt(Instant.EPOCH)
                .build();
    }

    private List<Sampled> sample(String answer, int count) {
        answers.set(n -> new Answer(200, answer));
        try (OpenAiCompletionSource source = source()) {
            Prompt prompt = prompt("a b");
            List<Request> requests = java.util.stream.LongStream.range(0, count)
                    .mapToObj(seed -> new Request(prompt, new int[] {1, 3, 4}, source.seed(-1 - seed)))
                    .toList();
            return source.sample(requests, SamplingConfig.upTo(8));
        }
    }

    @Test
    void theRequestHoldsThePromptAsTokensAndASeedThatServersTake() {
        sample(WITH_IDS, 1);
        JsonNode request = asked.get(0);
        assertThat(request.get("prompt").toString()).isEqualTo("[1,3,4]");
        assertThat(request.get("model").asText()).isEqualTo("m");
        assertThat(request.get("max_tokens").asInt()).isEqualTo(8);
        assertThat(request.get("seed").asLong()).isEqualTo(Integer.MAX_VALUE);
    }

    /** llama.cpp fills top_k 40 and min_p 0.05, vLLM the checkpoint's generation_config.json (Qwen2.5: top_k 20). */
    @Test
    void neutralSettingsAreSentAsWellForServersFillWhatIsLeftOut() {
        sample(WITH_IDS, 1);
        JsonNode request = asked.get(0);
        assertThat(request.get("top_k").asInt()).isEqualTo(-1);
        assertThat(request.get("top_p").asDouble()).isEqualTo(1);
        assertThat(request.get("min_p").asDouble(1)).isZero();
        assertThat(request.get("repetition_penalty").asDouble()).isEqualTo(1);
        assertThat(request.get("repeat_penalty").asDouble()).isEqualTo(1);
        assertThat(request.get("presence_penalty").asDouble(1)).isZero();
        assertThat(request.get("frequency_penalty").asDouble(1)).isZero();
        assertThat(request.get("min_tokens").asInt(1)).isZero();
        assertThat(request.get("ignore_eos").asBoolean(true)).isFalse();
    }

    @Test
    void aSeedThatServersTakeIsSentAsItIs() {
        try (OpenAiCompletionSource source = source()) {
            assertThat(source.seed(-1)).isEqualTo(Integer.MAX_VALUE);
            assertThat(source.seed(7)).isEqualTo(7);
        }
    }

    /** The form of llama.cpp's OpenAI answers (tools/server/server-task.cpp): ids and terms in logprobs.content. */
    @Test
    void tokensOfLlamaCppAreThoseThatItNames() {
        Sampled sampled = sample("""
                        {"choices": [{"text": "d c", "index": 0, "finish_reason": "length", "logprobs": {"content": [
                          {"id": 6, "token": " d", "bytes": [32, 100], "logprob": -0.5, "top_logprobs": []},
                          {"id": 5, "token": " c", "bytes": [32, 99], "logprob": -1.0, "top_logprobs": []},
                          {"id": 5, "token": " c", "bytes": [32, 99], "logprob": -0.25, "top_logprobs": []}]}}]}""", 1).get(0);
        assertThat(sampled.tokenIds()).describedAs("not those of the text").containsExactly(6, 5, 5);
        assertThat(sampled.tokenLogProbabilities()).containsExactly(-0.5f, -1.0f, -0.25f);
        assertThat(sampled.text()).isEqualTo(" d c c");
    }

    @Test
    void aCompletionThatTheServerCutOffIsSampledAgain() {
        for (String cut : List.of("\"abort\"", "\"error\"", "\"repetition\"", "\"content_filter\"", "null")) {
            asked.clear();
            answers.set(n -> new Answer(200, n == 1 ? WITH_IDS.replace("\"stop\"", cut) : WITH_NAMED_IDS));
            try (OpenAiCompletionSource source = source()) {
                Request request = new Request(prompt("a b"), new int[] {1, 3, 4}, 1);
                assertThat(source.sample(List.of(request), SamplingConfig.upTo(8))
                                .get(0)
                                .tokenIds())
                        .describedAs(cut)
                        .containsExactly(5);
            }
        }
    }

    @Test
    void aServerThatCutsEveryCompletionOffEndsInAnError() {
        assertThatThrownBy(() -> sample(WITH_IDS.replace("\"stop\"", "\"abort\""), 1))
                .isInstanceOf(CompletionServerException.class)
                .hasMessageContaining("cut a completion off: abort, tried 2 times");
    }

    /** vLLM names them beside return_token_ids. */
    @Test
    void anAnswerToAnotherPromptIsRefused() {
        assertThat(sample(WITH_IDS.replace("\"text\"", "\"prompt_token_ids\": [1, 3, 4], \"text\""), 1))
                .hasSize(1);
        assertThatThrownBy(
                        () -> sample(WITH_IDS.replace("\"text\"", "\"prompt_token_ids\": [1, 1, 3, 4], \"text\""), 1))
                .isInstanceOf(CompletionServerException.class)
                .hasMessageContaining("a prompt of 4 tokens that is not the one of 3 tokens");
    }

    @Test
    void tokensAndLogProbabilitiesAreTheServers() {
        Sampled sampled = sample(WITH_IDS, 1).get(0);
        assertThat(sampled.tokenIds()).containsExactly(5, 6, 2);
        assertThat(sampled.tokenLogProbabilities()).containsExactly(-0.5f, -1.0f, -0.25f);
        assertThat(sampled.logProbability()).isEqualTo(-1.75);
        assertThat(sampled.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(sample(WITH_NAMED_IDS, 1).get(0).tokenIds()).containsExactly(5);
        assertThat(sample(WITH_NAMED_IDS, 1).get(0).finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(sample(STOPPED_BY_A_STRING, 1).get(0).finishReason()).isEqualTo(FinishReason.STOP_STRING);
    }

    @Test
    void textIsWhatTheServersTokensAddToThePromptWhateverItStripped() {
        assertThat(sample(WITH_IDS, 1).get(0).text()).isEqualTo(" c d");
        assertThat(sample(STOPPED_BY_A_STRING, 1).get(0).text())
                .describedAs("its tokens do not show why it stopped")
                .isEqualTo("c");
        answers.set(n -> new Answer(200, STOPPED_BY_A_STRING.replace("\"stop_reason\": \"d\", ", "")));
        try (OpenAiCompletionSource source = source()) {
            Sampled stopped = source.sample(
                            List.of(new Request(prompt("a b"), new int[] {1, 3, 4}, 1)),
                            new SamplingConfig(1.0, 0, 1.0, 1.0, 8, List.of(" d")))
                    .get(0);
            assertThat(stopped.text()).isEqualTo(" c");
            assertThat(stopped.finishReason()).isEqualTo(FinishReason.STOP_STRING);
        }
    }

    @Test
    void aServerThatNamesNoTokensIsRefused() {
        assertThatThrownBy(() -> sample(TEXT_ONLY, 1))
                .isInstanceOf(CompletionServerException.class)
                .hasMessageContaining("names no token ids")
                .hasMessageContaining("producer.openAi.encodeText: true");
    }

    @Test
    void whereAskedForTheTokenizerNamesTheTokensAndProbabilitiesStayUnknown() {
        answers.set(n -> new Answer(200, TEXT_ONLY));
        Sampled sampled;
        try (OpenAiCompletionSource source = source(true)) {
            sampled = source.sample(List.of(new Request(prompt("a b"), new int[] {1, 3, 4}, 1)), SamplingConfig.upTo(8))
                    .get(0);
        }
        assertThat(sampled.tokenIds()).containsExactly(5, 6, 2);
        assertThat(sampled.logProbability()).isNaN();
        assertThat(sampled.tokenLogProbabilities()).isEmpty();
    }

    @Test
    void thereIsOneAnswerForEachRequest() {
        assertThat(sample(WITH_IDS, 5)).hasSize(5);
        assertThat(asked).hasSize(5);
    }

    @Test
    void aServerThatIsBusyIsAskedAgain() {
        answers.set(n -> n == 1 ? new Answer(503, "loading") : new Answer(200, WITH_IDS));
        try (OpenAiCompletionSource source = source()) {
            assertThat(source.sample(List.of(new Request(prompt("a"), new int[] {1, 3}, 1)), SamplingConfig.upTo(8)))
                    .hasSize(1);
        }
    }

    @Test
    void aServerThatRefusesIsNamedWithItsWords() {
        answers.set(n -> new Answer(404, "no model m"));
        try (OpenAiCompletionSource source = source()) {
            assertThatThrownBy(() -> source.sample(
                            List.of(new Request(prompt("a"), new int[] {1, 3}, 1)), SamplingConfig.upTo(8)))
                    .isInstanceOf(CompletionServerException.class)
                    .hasMessageContaining("answered 404: no model m")
                    .hasMessageContaining("producer.openAi.model 'm'");
            assertThat(asked).hasSize(1);
        }
    }

    @Test
    void promptsAreMeasuredBeforeTheyAreSent() {
        try (OpenAiCompletionSource source = source()) {
            assertThat(source.tokenize(prompt("a b c"), SamplingConfig.upTo(8))).isInstanceOf(Tokenized.Usable.class);
            assertThat(source.tokenize(prompt("a b c d"), SamplingConfig.upTo(8)))
                    .isInstanceOfSatisfying(Tokenized.Refused.class, refused -> assertThat(refused.cause())
                            .contains("the prompt has 5 tokens; the context of 12 less 8"));
            assertThat(source.tokenize(prompt(" "), SamplingConfig.upTo(8)))
                    .isInstanceOfSatisfying(Tokenized.Refused.class, refused -> assertThat(refused.cause())
                            .contains("the prompt is empty"));
        }
    }
}
