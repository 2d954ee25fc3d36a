package io.counterflow.producer.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.broker.EmbeddedLog;
import io.counterflow.broker.SharedBroker;
import io.counterflow.log.Topic;
import io.counterflow.producer.ProducerFixture;
import io.counterflow.producer.gateway.GatewayClient.Answer;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.FinishReason;
import io.counterflow.schemas.Origin;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Sampling;
import io.counterflow.schemas.Score;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(value = 5, unit = TimeUnit.MINUTES)
@ExtendWith(SharedBroker.class)
class GatewayTest {

    private static final String EXACT = "{'prompt': 'p', 'prompt_token_ids': [1, 8], 'token_ids': [3, 4, 2],"
            + " 'completion': ' a b', 'logprobs': [-0.1, -1.25, -2e-3], 'policy_version': 12, 'policy_sha256': '"
            + "0a".repeat(32) + "', 'finish_reason': 'stop', 'sampling': {'temperature': 0.7, 'top_k': -1, 'seed': -5,"
            + " 'max_tokens': 64}, 'metadata': {'topic': 'x'}}";

    @TempDir
    private Path folder;

    private ProducerFixture log;
    private GatewayFixture gateway;
    private GatewayClient client;

    @BeforeEach
    void start(EmbeddedLog embedded) throws Exception {
        log = new ProducerFixture(embedded, "gateway" + System.nanoTime());
        gateway = new GatewayFixture(log.log(), folder, Duration.ofSeconds(30));
        client = gateway.client();
    }

    @AfterEach
    void stop() {
        gateway.close();
        log.close();
    }

    @Test
    void aCompletionIsInTheLogAsItWasSampled() throws Exception {
        Answer answer = client.post("/completions", EXACT);
        assertThat(answer.status()).as(answer.error()).isEqualTo(201);
        Completion completion = gateway.completions().get(0);
        assertThat(answer.id()).isEqualTo(completion.getCompletionId());
        assertThat(completion.getRunId()).isEqualTo("served");
        assertThat(completion.getPromptTokenIds()).containsExactly(1, 8);
        assertThat(completion.getTokenIds()).containsExactly(3, 4, 2);
        assertThat(completion.getText()).isEqualTo(" a b");
        assertThat(completion.getTokenLogProbabilities()).containsExactly(-0.1f, -1.25f, -2e-3f);
        assertThat(completion.getLogProbability()).isEqualTo((double) -0.1f + -1.25f + -2e-3f);
        assertThat(completion.getPolicyVersion()).isEqualTo(12);
        assertThat(completion.getSampling()).isEqualTo(new Sampling(0.7, 0, 1.0, 1.0, 64, -5L));
        assertThat(completion.getFinishReason()).isEqualTo(FinishReason.STOP);
        assertThat(completion.getOrigin()).isEqualTo(Origin.IMPORTED);
        assertThat(completion.getTokenIdsExact()).isTrue();
        assertThat(completion.getGroupSize()).isEqualTo(2);
        assertThat(completion.getPrompt().getMetadata()).containsExactly(Map.entry("topic", "x"));
        assertThat(completion.getPrompt().getTask()).isEqualTo("gateway");
    }

    @Test
    void aCompletionWithoutIdsSaysThatItsTokensMayBeOthers() throws Exception {
        Answer answer = client.post("/completions", "{'prompt': 'p', 'completion': ' a', 'policy_version': 3}");
        assertThat(answer.status()).as(answer.error()).isEqualTo(201);
        assertThat(answer.body().path("token_ids_exact").booleanValue()).isFalse();
        Completion completion = gateway.completions().get(0);
        assertThat(completion.getTokenIdsExact()).isFalse();
        assertThat(completion.getTokenIds()).containsExactly(3, 2);
        assertThat(completion.getPolicyVersion()).isEqualTo(3);
    }

    @Test
    void theSameCompletionAgainChangesNothingAlsoForAnotherGateway() throws Exception {
        String id = client.post("/completions", EXACT).id();
        Answer again = client.post("/completions", EXACT);
        assertThat(again.status()).isEqualTo(200);
        assertThat(again.id()).isEqualTo(id);
        assertThat(again.body().path("written").booleanValue()).isFalse();
        gateway.close();
        gateway = new GatewayFixture(log.log(), folder, Duration.ofSeconds(30));
        assertThat(gateway.client().post("/completions", EXACT).status()).isEqualTo(200);
        assertThat(gateway.completions()).hasSize(1);
    }

    @Test
    void placesOfAGroupAreDistinctAndAnotherCompletionAtOneIsRefused() throws Exception {
        String first = client.post("/completions", "{'prompt': 'p', 'completion': ' a', 'group': 'x'}")
                .id();
        Answer second = client.post("/completions", "{'prompt': 'p', 'completion': ' a', 'group': 'x', 'index': 1}");
        assertThat(second.status()).isEqualTo(201);
        assertThat(second.id()).isNotEqualTo(first);
        Answer other = client.post("/completions", "{'prompt': 'p', 'completion': ' b', 'group': 'x'}");
        assertThat(other.status()).isEqualTo(409);
        assertThat(other.error()).contains("another completion at index 0");
        Answer larger = client.post(
                "/completions", "{'prompt': 'p', 'completion': ' b', 'group': 'x', 'index': 2, 'group_size': 3}");
        assertThat(larger.status()).isEqualTo(409);
        assertThat(larger.error()).contains("is to have 2 completions");
        Answer elsewhere = client.post("/completions", "{'prompt': 'p', 'completion': ' b', 'group': 'y'}");
        assertThat(elsewhere.status()).isEqualTo(201);
        assertThat(gateway.completions())
                .extracting(Completion::getGroupId)
                .containsOnlyOnce(gateway.completions().stream()
                        .filter(c -> c.getCompletionId().equals(elsewhere.id()))
                        .findFirst()
                        .orElseThrow()
                        .getGroupId());
    }

    @Test
    void completionsOfAGroupStandBehindTheSameTokens() throws Exception {
        assertThat(client.post("/completions", EXACT).status()).isEqualTo(201);
        Answer other = client.post(
                "/completions", EXACT.replace("[1, 8]", "[8]").replace("{'prompt'", "{'index': 1, 'prompt'"));
        assertThat(other.status()).isEqualTo(409);
        assertThat(other.error()).contains("the prompt has other token ids");
    }

    @Test
    void aScoreIsOneOfANamedScorerOfTheCompletionWithThatId() throws Exception {
        String id = client.post("/completions", EXACT).id();
        Answer answer = client.post(
                "/scores",
                "{'completion': '" + id + "', 'scorer': 'thumbs', 'version': '2', 'value': -1,"
                        + " 'components': {'tone': 0.5}, 'details': {'by': 'ann'}, 'duration_micros': 7}");
        assertThat(answer.status()).as(answer.error()).isEqualTo(201);
        Completion completion = gateway.completions().get(0);
        Score score = gateway.scores().get(0);
        assertThat(score.getCompletionId()).isEqualTo(id);
        assertThat(score.getGroupId()).isEqualTo(completion.getGroupId());
        assertThat(score.getPromptId()).isEqualTo(completion.getPromptId());
        assertThat(score.getRunId()).isEqualTo("served");
        assertThat(score.getScorer()).isEqualTo("thumbs");
        assertThat(score.getScorerVersion()).isEqualTo("2");
        assertThat(score.getOutcome()).isEqualTo(Outcome.SCORED);
        assertThat(score.getValue()).isEqualTo(-1);
        assertThat(score.getComponents()).containsExactly(Map.entry("tone", 0.5));
        assertThat(score.getDetails()).containsExactly(Map.entry("by", "ann"));
        assertThat(score.getDurationMicros()).isEqualTo(7);
    }

    @Test
    void theSameScoreAgainChangesNothingAndAnotherValueIsRefused() throws Exception {
        String id = client.post("/completions", EXACT).id();
        String score = "{'completion': '" + id + "', 'scorer': 'thumbs', 'value': 1}";
        assertThat(client.post("/scores", score).status()).isEqualTo(201);
        assertThat(client.post("/scores", score).status()).isEqualTo(200);
        Answer other = client.post("/scores", score.replace("1}", "0}"));
        assertThat(other.status()).isEqualTo(409);
        assertThat(other.error()).contains("1.0 by thumbs@1");
        assertThat(gateway.scores()).hasSize(1);
    }

    @Test
    void aFailureIsNoZeroAndMakesRoomForAScore() throws Exception {
        String id = client.post("/completions", EXACT).id();
        String failed = "{'completion': '" + id + "', 'scorer': 'ci', 'outcome': 'failed', 'cause': 'no runner'}";
        assertThat(client.post("/scores", failed).status()).isEqualTo(201);
        Score score = gateway.scores().get(0);
        assertThat(score.getOutcome()).isEqualTo(Outcome.FAILED);
        assertThat(score.getValue()).isNull();
        assertThat(score.getCause()).isEqualTo("no runner");
        assertThat(client.post("/scores", "{'completion': '" + id + "', 'scorer': 'ci', 'value': 1}")
                        .status())
                .isEqualTo(201);
        assertThat(client.post("/scores", failed).status()).isEqualTo(409);
    }

    @Test
    void aCompletionThatAProducerHasJustWrittenCanBeScored() throws Exception {
        assertThat(client.post("/completions", EXACT).status()).isEqualTo(201);
        Completion sampled = Completion.newBuilder(gateway.completions().get(0))
                .setCompletionId("sampled-elsewhere")
                .setRunId("live")
                .setOrigin(Origin.SAMPLED)
                .build();
        try (var producer = log.log().producer(Map.of())) {
            producer.send(new ProducerRecord<>(log.log().topicName(Topic.COMPLETIONS), sampled.getPromptId(), sampled))
                    .get();
        }
        Answer answer = client.post("/scores", "{'completion': 'sampled-elsewhere', 'scorer': 'thumbs', 'value': 1}");
        assertThat(answer.status()).as(answer.error()).isEqualTo(201);
        assertThat(answer.body().path("run").textValue()).isEqualTo("live");
        Answer mixed = client.post("/completions", "{'prompt': 'p', 'completion': ' a', 'run': 'live'}");
        assertThat(mixed.status()).isEqualTo(409);
        assertThat(mixed.error()).contains("is sampled by a producer");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"completion\": 1, \"scorer\": \"s\", \"value\": 1} | 'completion' is 1; it must be a text",
                "{\"completion\": \"x\", \"scorer\": \"s\"} | 'value' is missing",
                "{\"completion\": \"x\", \"scorer\": \"S s\", \"value\": 1} | 'scorer' is a name",
                "{\"completion\": \"x\", \"scorer\": \"s\", \"version\": \"_\", \"value\": 1} | 'version' is a text",
                "{\"completion\": \"x\", \"scorer\": \"s\", \"value\": \"1\"} | must be a finite number",
                "{\"completion\": \"x\", \"scorer\": \"s\", \"value\": 1e999} | must be a finite number",
                "{\"completion\": \"x\", \"scorer\": \"s\", \"value\": 1, \"cause\": \"y\"} | and there is one",
                "{\"completion\": \"x\", \"scorer\": \"s\", \"outcome\": \"failed\"} | 'cause' is missing",
                "{\"completion\": \"x\", \"scorer\": \"s\", \"outcome\": \"zero\"} | it is scored, failed, timed_out or rejected",
                "{\"completion\": \"x\", \"scorer\": \"s\", \"value\": 1, \"details\": {\"a\": 1}} | 'details.a' is 1; it must be an object of texts",
                "{\"completion\": \"x\", \"scorer\": \"s\", \"vale\": 1} | unknown field 'vale'; there are completion, scorer",
                "{\"completion\": \"x\", \"completion\": \"y\"} | the key 'completion' twice",
                "[1] | not a JSON object",
                "{ | not JSON"
            })
    void aBadScoreIsRefusedWithWhatIsWrong(String body, String message) throws Exception {
        Answer answer = client.post("/scores", body);
        assertThat(answer.status()).isEqualTo(400);
        assertThat(answer.error()).contains(message);
        assertThat(gateway.scores()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"completion\": \" a\"} | prompt",
                "{\"prompt\": \"p\"} | 'completion' is missing",
                "{\"prompt\": \"p\", \"completion\": [\"a\"]} | it must be a text",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"max_tokens\": 5} | unknown field 'max_tokens'",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"sampling\": {\"min_p\": 0.1}} | unknown field 'min_p'",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"sampling\": 3} | 'sampling' is no object",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"prompt_token_ids\": [1, 8]} | without 'token_ids'",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"logprobs\": [-1]} | is of tokens whose ids the line does not have",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"token_ids\": [4, 2]} | the token ids say",
                "{\"prompt\": \"p\", \"token_ids\": [99]} | none of the model's vocabulary",
                "{\"prompt\": \"p\", \"token_ids\": [3], \"logprobs\": [0.5]} | not above 0",
                "{\"prompt\": \"p\", \"token_ids\": [3], \"logprobs\": [-1, -1]} | 2 values for 1 tokens",
                "{\"prompt\": \"p\", \"token_ids\": [3], \"finish_reason\": \"abort\"} | none of a completion that ended",
                "{\"prompt\": \"p\", \"token_ids\": [3], \"policy_version\": \"new\"} | policy",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"index\": 2} | a whole number from 0 to 1",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"group_size\": 0} | a whole number from 1",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"run\": \"a b\"} | letters, digits, dots",
                "{\"prompt\": \"p\", \"completion\": \" a\", \"metadata\": {\"a\": 1}} | must be an object of texts",
                "{\"prompt\": [{\"role\": \"assistant\", \"content\": \"a\"}], \"completion\": \" a\"} | ends with the assistant's words",
                "{\"prompt\": [{\"role\": \"user\", \"content\": \"a\"}], \"completion\": \" a\"} | chat template"
            })
    void aBadCompletionIsRefusedWithWhatIsWrong(String body, String message) throws Exception {
        Answer answer = client.post("/completions", body);
        assertThat(answer.status()).as(answer.error()).isEqualTo(400);
        assertThat(answer.error()).contains(message);
        assertThat(gateway.completions()).isEmpty();
    }

    @Test
    void onlyWhoBearsTheTokenIsAnswered() throws Exception {
        for (String token : List.of("", "wrong", GatewayClient.TOKEN + "0")) {
            Answer answer = new GatewayClient(client.address(), token).post("/completions", EXACT);
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.response().headers().firstValue("WWW-Authenticate"))
                    .hasValue("Bearer");
        }
        Answer none = GatewayClient.send(HttpRequest.newBuilder(client.address().resolve("/scores"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(EXACT)));
        assertThat(none.status()).isEqualTo(401);
        assertThat(none.error()).contains("Authorization: Bearer");
        assertThat(gateway.completions()).isEmpty();
    }

    @Test
    void whatIsNoRequestOfItsOwnIsRefusedByStatus() throws Exception {
        assertThat(client.post("/scores", "{'completion': 'x', 'scorer': 's', 'value': 1}")
                        .status())
                .isEqualTo(404);
        Answer path = client.post("/score", "{}");
        assertThat(path.status()).isEqualTo(404);
        assertThat(path.error()).contains("POST /completions, POST /scores");
        Answer get = GatewayClient.send(client.request("/scores").GET());
        assertThat(get.status()).isEqualTo(405);
        assertThat(get.response().headers().firstValue("Allow")).hasValue("POST");
        Answer form = GatewayClient.send(client.request("/scores")
                .header("Content-Type", "text/plain")
                .POST(HttpRequest.BodyPublishers.ofString("{}")));
        assertThat(form.status()).isEqualTo(415);
        Answer bytes = GatewayClient.send(client.request("/scores")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(new byte[] {'{', (byte) 0xff, '}'})));
        assertThat(bytes.status()).isEqualTo(400);
        assertThat(bytes.error()).contains("UTF-8");
    }

    @Test
    void aBodyOverTheLimitIsRefused() throws Exception {
        Answer answer = client.post(
                "/completions", "{'prompt': '" + "p ".repeat(Gateway.MOST_BYTES / 2) + "', 'completion': ' a'}");
        assertThat(answer.status()).isEqualTo(413);
        assertThat(gateway.completions()).isEmpty();
    }

    @Test
    void aTokenThatIsEasilyGuessedIsNone() {
        assertThatThrownBy(() -> new GatewayConfig("127.0.0.1", 0, Optional.of("short"), Duration.ofSeconds(1)))
                .hasMessageContaining("has 5 characters");
    }
}
