package io.counterflow.producer.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.producer.ProducerFixture;
import io.counterflow.producer.gateway.GatewayClient.Answer;
import io.counterflow.producer.source.OpenAiConfig;
import io.counterflow.producer.source.server.ServerKind;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Origin;
import io.counterflow.schemas.Sampling;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers in the forms of vLLM 0.11 (entrypoints/openai/protocol.py) and llama.cpp v0.4.0 (tools/server/server-task.cpp). */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
@ExtendWith(SharedBroker.class)
class PassThroughTest {

    private static final String VLLM =
            "{'id': 'cmpl-1', 'model': 'm', 'choices': [{'index': 0, 'text': ' a b', 'token_ids': [3, 4, 2],"
                    + " 'prompt_token_ids': [1, 8], 'finish_reason': 'stop', 'stop_reason': null, 'logprobs': {'tokens': [' a', ' b', ''],"
                    + " 'token_logprobs': [-0.5, -0.25, -1.0]}}], 'usage': {'completion_tokens': 3}}";
    private static final String WITHOUT_IDS =
            "{'model': 'm', 'choices': [{'index': 0, 'text': ' a b', 'finish_reason': 'stop'}]}";

    @TempDir
    private Path folder;

    private ProducerFixture log;
    private AnsweringServer server;
    private GatewayFixture gateway;

    @BeforeEach
    void start(EmbeddedLog embedded) throws Exception {
        log = new ProducerFixture(embedded, "through" + System.nanoTime());
        server = new AnsweringServer();
        Files.writeString(
                folder.resolve("chat_template.jinja"),
                "{% for message in messages %}{{ message.content }} {% endfor %}");
    }

    @AfterEach
    void stop() {
        if (gateway != null) {
            gateway.close();
        }
        server.close();
        log.close();
    }

    private GatewayClient through(ServerKind kind, boolean encodesText) throws Exception {
        OpenAiConfig config = new OpenAiConfig(
                server.url(), kind, "m", null, "here", 100, null, Duration.ofSeconds(20), null, null, encodesText, 7L);
        gateway = new GatewayFixture(
                log.log(), folder, Duration.ofSeconds(30), Optional.of(new Upstream(config, Optional.of("key"))));
        return gateway.client();
    }

    private static String header(Answer answer, String name) {
        return answer.response().headers().firstValue(name).orElse("");
    }

    private static JsonNode json(String text) throws Exception {
        return new ObjectMapper().readTree(text.replace('\'', '"'));
    }

    @Test
    void whatVllmAnswersIsInTheLogWithItsIdsWhenItIsPassedOn() throws Exception {
        GatewayClient client = through(ServerKind.VLLM, false);
        server.then(200, VLLM);
        Answer answer = client.post(
                "/v1/completions",
                "{'model': 'm', 'prompt': 'p', 'temperature': 0.5, 'max_tokens': 9, 'user': 'u', 'seed': 3}");
        assertThat(answer.status()).as(answer.error()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(json(VLLM));
        assertThat(server.asked()).singleElement().satisfies(asked -> {
            assertThat(asked.path()).isEqualTo("/v1/completions");
            assertThat(asked.authorization()).isEqualTo("Bearer key");
            assertThat(asked.body())
                    .isEqualTo(json(
                            "{'model': 'm', 'prompt': 'p', 'temperature': 0.5, 'max_tokens': 9, 'user': 'u', 'seed': 3,"
                                    + " 'top_p': 1.0, 'presence_penalty': 0.0, 'frequency_penalty': 0.0, 'min_p': 0.0, 'top_k': -1,"
                                    + " 'repetition_penalty': 1.0, 'return_token_ids': true, 'logprobs': 1}"));
        });
        Completion completion = gateway.completions().get(0);
        assertThat(header(answer, PassThroughDoor.COMPLETION)).isEqualTo(completion.getCompletionId());
        assertThat(completion.getOrigin()).isEqualTo(Origin.SERVED);
        assertThat(completion.getRunId()).isEqualTo("served");
        assertThat(completion.getPromptTokenIds()).containsExactly(1, 8);
        assertThat(completion.getTokenIds()).containsExactly(3, 4, 2);
        assertThat(completion.getTokenLogProbabilities()).containsExactly(-0.5f, -0.25f, -1.0f);
        assertThat(completion.getText()).isEqualTo(" a b");
        assertThat(completion.getTokenIdsExact()).isTrue();
        assertThat(completion.getPolicyVersion()).isEqualTo(7);
        assertThat(completion.getSampling()).isEqualTo(new Sampling(0.5, 0, 1.0, 1.0, 9, 3L));
        assertThat(completion.getGroupSize()).isEqualTo(1);
        Answer score = client.post(
                "/scores", "{'completion': '" + completion.getCompletionId() + "', 'scorer': 'thumbs', 'value': 1}");
        assertThat(score.status()).isEqualTo(201);
    }

    @Test
    void aConversationWithVllmIsLoggedWithTheTokensThatItNames() throws Exception {
        GatewayClient client = through(ServerKind.VLLM, false);
        server.then(
                200,
                "{'model': 'm', 'prompt_token_ids': [8], 'choices': [{'index': 0, 'message': {'role': 'assistant', 'content': 'a b'},"
                        + " 'token_ids': [3, 4], 'finish_reason': 'length', 'logprobs': {'content': [{'token': 'a', 'logprob': -0.5},"
                        + " {'token': 'b', 'logprob': -0.25}]}}]}");
        Answer answer = client.post("/v1/chat/completions", "{'messages': [{'role': 'user', 'content': 'p'}]}");
        assertThat(header(answer, PassThroughDoor.NOT_LOGGED)).isEmpty();
        assertThat(server.asked().get(0).path()).isEqualTo("/v1/chat/completions");
        assertThat(server.asked().get(0).body().path("model").textValue()).isEqualTo("m");
        assertThat(server.asked().get(0).body().path("logprobs").booleanValue()).isTrue();
        Completion completion = gateway.completions().get(0);
        assertThat(completion.getPrompt().getMessages()).hasSize(1);
        assertThat(completion.getPromptTokenIds()).containsExactly(8);
        assertThat(completion.getTokenIds()).containsExactly(3, 4);
        assertThat(completion.getTokenLogProbabilities()).containsExactly(-0.5f, -0.25f);
        assertThat(completion.getFinishReason()).isEqualTo(FinishReason.LENGTH);
    }

    @Test
    void llamaCppIsAskedInItsSpellingAndItsIdsAreRead() throws Exception {
        GatewayClient client = through(ServerKind.LLAMA_CPP, false);
        server.then(
                200,
                "{'model': 'm', 'choices': [{'index': 0, 'text': ' a', 'finish_reason': 'length', 'logprobs': {'content':"
                        + " [{'id': 3, 'token': ' a', 'logprob': -0.5}]}}]}");
        Answer answer = client.post("/v1/completions", "{'prompt': 'p'}");
        assertThat(header(answer, PassThroughDoor.NOT_LOGGED)).isEmpty();
        JsonNode asked = server.asked().get(0).body();
        assertThat(asked.path("top_k").asInt(-7)).isZero();
        assertThat(asked.path("min_p").asDouble(7)).isZero();
        assertThat(asked.path("repeat_penalty").asDouble()).isEqualTo(1);
        assertThat(asked.has("return_token_ids")).isFalse();
        Completion completion = gateway.completions().get(0);
        assertThat(completion.getTokenIds()).containsExactly(3);
        assertThat(completion.getSampling().getSeed())
                .isEqualTo(asked.path("seed").longValue());
    }

    @Test
    void severalChoicesAreOneGroup() throws Exception {
        GatewayClient client = through(ServerKind.VLLM, false);
        server.then(
                200,
                "{'model': 'm', 'choices': [{'text': ' a', 'token_ids': [3, 2], 'prompt_token_ids': [1, 8], 'finish_reason': 'stop'},"
                        + " {'text': ' b', 'token_ids': [4, 2], 'prompt_token_ids': [1, 8], 'finish_reason': 'stop'}]}");
        Answer answer = client.post("/v1/completions", "{'prompt': [1, 8], 'n': 2}");
        String[] ids = header(answer, PassThroughDoor.COMPLETION).split(",");
        assertThat(gateway.completions())
                .hasSize(2)
                .allSatisfy(c -> assertThat(c.getGroupSize()).isEqualTo(2))
                .extracting(Completion::getCompletionId)
                .containsExactlyInAnyOrder(ids);
        assertThat(gateway.completions().stream().map(Completion::getGroupId).distinct())
                .hasSize(1);
    }

    @Test
    void requestsThatNameAGroupAreComparedWithEachOther() throws Exception {
        GatewayClient client = through(ServerKind.VLLM, false);
        for (int index = 0; index < 2; index++) {
            server.then(200, VLLM);
            Answer answer = GatewayClient.send(client.request("/v1/completions")
                    .header("Content-Type", "application/json")
                    .header(PassThroughDoor.GROUP, "g")
                    .header(PassThroughDoor.SIZE, "2")
                    .header(PassThroughDoor.INDEX, String.valueOf(index))
                    .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"p\", \"seed\": " + index + "}")));
            assertThat(answer.status()).as(answer.error()).isEqualTo(200);
        }
        assertThat(gateway.completions())
                .extracting(Completion::getIndexInGroup)
                .containsExactlyInAnyOrder(0, 1);
        assertThat(gateway.completions().stream().map(Completion::getGroupId).distinct())
                .hasSize(1);
    }

    @Test
    void errorsOfTheServerArePassedOnAndNothingIsLogged() throws Exception {
        GatewayClient client = through(ServerKind.VLLM, false);
        for (int status : new int[] {400, 429, 500}) {
            server.then(status, "{'error': {'message': 'no ' }}");
            Answer answer = client.post("/v1/completions", "{'prompt': 'p'}");
            assertThat(answer.status()).isEqualTo(status);
            assertThat(answer.error()).isEqualTo("no ");
        }
        server.close();
        Answer gone = client.post("/v1/completions", "{'prompt': 'p'}");
        assertThat(gone.status()).isEqualTo(502);
        assertThat(gone.error()).contains(server.url() + " does not answer");
        assertThat(gateway.completions()).isEmpty();
    }

    @Test
    void withoutIdsAnAnswerIsPassedOnAndNotLogged() throws Exception {
        GatewayClient client = through(ServerKind.SGLANG, false);
        server.then(200, WITHOUT_IDS);
        Answer answer = client.post("/v1/completions", "{'prompt': 'p'}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(json(WITHOUT_IDS));
        assertThat(header(answer, PassThroughDoor.COMPLETION)).isEmpty();
        assertThat(header(answer, PassThroughDoor.NOT_LOGGED)).contains("names no token ids");
        assertThat(gateway.completions()).isEmpty();
    }

    @Test
    void whereTheConfigurationTakesTextTheRecordSaysThatItsTokensMayBeOthers() throws Exception {
        GatewayClient client = through(ServerKind.OPENAI, true);
        server.then(200, WITHOUT_IDS);
        Answer answer = client.post("/v1/completions", "{'prompt': 'p'}");
        assertThat(header(answer, PassThroughDoor.NOT_LOGGED)).isEmpty();
        Completion completion = gateway.completions().get(0);
        assertThat(completion.getTokenIdsExact()).isFalse();
        assertThat(completion.getTokenIds()).containsExactly(3, 4, 2);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'choices': [{'text': ' a', 'token_ids': [3], 'prompt_token_ids': [1, 8], 'finish_reason': 'abort'}]}",
                "{'choices': [{'text': ' a', 'token_ids': [99], 'prompt_token_ids': [1, 8], 'finish_reason': 'stop'}]}",
                "{'choices': [{'text': ' a', 'token_ids': [3], 'prompt_token_ids': [1, 9], 'finish_reason': 'stop'}]}",
                "{'choices': []}",
                "{'answer': 42}"
            })
    void whatTheLogCannotHoldAsItHappenedIsPassedOnAndNotLogged(String body) throws Exception {
        GatewayClient client = through(ServerKind.VLLM, false);
        server.then(200, body);
        Answer answer = client.post("/v1/completions", "{'prompt': 'p'}");
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(json(body));
        assertThat(header(answer, PassThroughDoor.NOT_LOGGED)).isNotEmpty();
        assertThat(gateway.completions()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "'stream': true",
                "'echo': true",
                "'best_of': 2",
                "'logit_bias': {'3': 1}",
                "'response_format': {'type': 'json_object'}",
                "'min_p': 0.1",
                "'presence_penalty': 0.5",
                "'model': 'another'",
                "'n': 0",
                "'prompt': ['p', 'q']"
            })
    void whatARecordHasNoPlaceForIsRefusedByNameAndNotAsked(String field) throws Exception {
        GatewayClient client = through(ServerKind.VLLM, false);
        String prompt = field.startsWith("'prompt'") ? "" : "'prompt': 'p', ";
        Answer answer = client.post("/v1/completions", "{" + prompt + field + "}");
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error()).contains(field.substring(0, field.indexOf(':')));
        assertThat(server.asked()).isEmpty();
    }

    @Test
    void whatIsUnderWayWhenTheGatewayIsClosedIsAnsweredAndLogged() throws Exception {
        CountDownLatch mayAnswer = new CountDownLatch(1);
        server.close();
        server = new AnsweringServer(mayAnswer);
        server.then(200, VLLM);
        GatewayClient client = through(ServerKind.VLLM, false);
        ExecutorService threads = Executors.newFixedThreadPool(2);
        try {
            Future<Answer> answer = threads.submit(() -> client.post("/v1/completions", "{'prompt': 'p'}"));
            await().atMost(Duration.ofMinutes(1)).until(() -> !server.asked().isEmpty());
            Future<?> closed = threads.submit(gateway.gateway()::close);
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> client.post("/scores", "{}").status() == 503);
            assertThat(closed.isDone()).isFalse();
            mayAnswer.countDown();
            assertThat(header(answer.get(), PassThroughDoor.COMPLETION)).isNotEmpty();
            assertThat(closed.get()).isNull();
            assertThat(gateway.completions()).hasSize(1);
        } finally {
            threads.shutdown();
        }
    }
}
