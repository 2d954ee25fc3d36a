package io.counterflow.scorer.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.decorator.CheckedScorer;
import io.counterflow.scorer.sandbox.Executables;
import java.io.BufferedReader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RemoteScorersTest {

    private static final Path EXAMPLES = Path.of("..", "docs", "scorers");

    private final ScorerCatalog catalog = ScorerCatalog.onClassPath();
    private final List<String> received = new ArrayList<>();
    private volatile String answer = "";
    private volatile int status = 200;
    private HttpServer server;
    private String url;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            received.add(exchange.getRequestURI() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            byte[] bytes = answer.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(status, bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
        server.start();
        url = "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private static List<ScoreRequest> requests(String... completions) {
        List<ScoreRequest> requests = new ArrayList<>();
        for (String completion : completions) {
            requests.add(new ScoreRequest("id-" + requests.size(), "prompt", completion, Map.of("k", "v")));
        }
        return requests;
    }

    private List<ScoreOutcome> ask(String kind, Map<String, ?> settings, String... completions) throws Exception {
        try (Scorer scorer = CheckedScorer.wrap(catalog.create(kind, settings))) {
            return scorer.score(requests(completions));
        }
    }

    @Test
    void httpSendsABatchAndBringsItsOutcomesTogetherByIdentifier() throws Exception {
        answer = """
                {"outcomes": [{"id": "id-4#5", "score": 1}, {"id": "id-1#2", "failed": "f"}, {"id": "id-3#4", "rejected": "r"},
                 {"id": "id-0#1", "value": 0.5, "components": {"a": 1}, "details": {"b": "c"}}, {"id": "id-2#3", "timedOut": "t"}]}""";
        assertThat(ask("http", Map.of("url", url), "1", "2", "3", "4", "5"))
                .containsExactly(
                        new Scored(0.5, Map.of("a", 1.0), Map.of("b", "c")),
                        new Failed("f"),
                        new TimedOut("t"),
                        new Rejected("r"),
                        new Failed("not an outcome, it has no number 'value': {\"id\":\"id-4#5\",\"score\":1}"));
        assertThat(received.get(0))
                .startsWith(
                        "/ {\"batch\":[{\"id\":\"id-0#1\",\"prompt\":\"prompt\",\"completion\":\"1\",\"metadata\":{\"k\":\"v\"}}");
    }

    @Test
    void httpFailsWhateverIsNotAnAnswer() throws Exception {
        answer = "{\"outcomes\": [{\"id\": \"id-1#2\", \"value\": 1}]}";
        assertThat(ask("http", Map.of("url", url), "1", "2"))
                .containsExactly(
                        new Failed(url + " answered with 1 outcomes for a batch of 2, and none for this completion"),
                        ScoreOutcome.of(1));
        answer = "oh";
        assertThat(ask("http", Map.of("url", url), "1").get(0))
                .isInstanceOfSatisfying(Failed.class, f -> assertThat(f.cause()).contains("not JSON: oh"));
        status = 503;
        assertThat(ask("http", Map.of("url", url), "1")).containsExactly(new Failed(url + " answered 503: oh"));
        server.stop(0);
        assertThat(ask("http", Map.of("url", url), "1"))
                .containsExactly(new Failed("the scorer threw IOException: cannot connect to " + url));
    }

    @Test
    void anHttpAnswerThatNamesNoRequestOrAWrongOneGivesNobodyAValue() throws Exception {
        String right = "{\"id\": \"id-0#1\", \"value\": 1}";
        for (String wrong : List.of(
                "{\"value\": 2}",
                "{\"id\": \"id-7#7\", \"value\": 2}",
                "{\"id\": 1, \"value\": 2}",
                "{\"id\": null}",
                "2",
                right)) {
            answer = "{\"outcomes\": [" + right + ", " + wrong + "]}";
            assertThat(ask("http", Map.of("url", url), "1", "2"))
                    .as(wrong)
                    .hasSize(2)
                    .allSatisfy(outcome -> assertThat(outcome)
                            .isInstanceOfSatisfying(Failed.class, f -> assertThat(f.cause())
                                    .contains("nobody can tell which completion has which")));
        }
    }

    @Test
    void theExampleServerScores() throws Exception {
        assumeTrue(Executables.find("python3").isPresent(), "no python3 here");
        Process process = new ProcessBuilder(
                        "python3", EXAMPLES.resolve("http_scorer.py").toString(), "0")
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader said = process.inputReader()) {
            String port = said.readLine().replaceAll("\\D", "");
            assertThat(ask("http", Map.of("url", "http://127.0.0.1:" + port + "/"), "Please.", "No!", " "))
                    .containsExactly(
                            new Scored(1, Map.of(), Map.of("length", "7")),
                            new Scored(0, Map.of(), Map.of("length", "3")),
                            new Rejected("an empty completion is neither polite nor rude"));
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void theExampleProcessScores() throws Exception {
        assumeTrue(Executables.find("python3").isPresent(), "no python3 here");
        Map<String, ?> settings = Map.of(
                "command",
                List.of("python3", EXAMPLES.resolve("command_scorer.py").toString()));
        assertThat(ask("command", settings, "a b", "a a", "a\nb\na b"))
                .containsExactly(ScoreOutcome.of(1), ScoreOutcome.of(0.5), ScoreOutcome.of(0.5));
    }

    @Test
    void theJudgesScoreIsReadStrictly() throws Exception {
        Map<String, ?> settings = Map.of(
                "url",
                url + "/v1",
                "model",
                "m",
                "rubric",
                "{prompt}|{completion}|{metadata.k}|{min}-{max}",
                "min",
                0,
                "max",
                4);
        answer = "{\"choices\": [{\"message\": {\"content\": \"Good {enough}.\\nScore: 3\\n\"}}]}";
        assertThat(ask("llm-judge", settings, "{max} text"))
                .containsExactly(
                        new Scored(0.75, Map.of("score", 3.0), Map.of("judgement", "Good {enough}.\nScore: 3")));
        assertThat(received.get(0))
                .startsWith("/v1/chat/completions ")
                .containsPattern(
                        "<quoted-(\\w+)>\\\\nprompt\\\\n</quoted-\\1>\\|<quoted-\\1>\\\\n\\{max} text\\\\n</quoted-\\1>\\|<quoted-\\1>\\\\nv\\\\n</quoted-\\1>\\|0-4\"")
                .contains("\"temperature\":0");
        for (String words : List.of(
                "Score: 5",
                "I would say 3",
                "Score: 3\\nor so",
                "Score: three",
                "Score: 3,5",
                "Score: 3/10",
                "Score: 1\\nScore: 3",
                "")) {
            answer = "{\"choices\": [{\"message\": {\"content\": \"" + words + "\"}}]}";
            assertThat(ask("llm-judge", settings, "x").get(0)).as(words).isInstanceOf(Failed.class);
        }
    }

    @Test
    void aJudgesScoreMayStandInMarkdownOrASentenceAndWithItsScale() throws Exception {
        for (String words :
                List.of("**Score: 7**", "**Score:** 7", "Score: 7.", "Score: 7/10", "`Score: 7`", "### Score: 7")) {
            answer = "{\"choices\": [{\"message\": {\"content\": \"Fine.\\n" + words + "\"}}]}";
            assertThat(ask("llm-judge", Map.of("url", url, "model", "m"), "x").get(0))
                    .as(words)
                    .isInstanceOfSatisfying(
                            Scored.class, s -> assertThat(s.components()).containsEntry("score", 7.0));
        }
    }

    @Test
    void aJudgementThatWasCutOffOrRefusedSaysSo() throws Exception {
        Map<String, ?> settings = Map.of("url", url, "model", "m", "maxTokens", 9);
        for (String content : List.of("null", "\"Fine.\\nScore: 1\"")) {
            answer = "{\"choices\": [{\"finish_reason\": \"length\", \"message\": {\"content\": " + content + "}}]}";
            assertThat(ask("llm-judge", settings, "x"))
                    .containsExactly(new Failed("the judge's answer was cut off by maxTokens (9)"));
        }
        status = 400;
        answer = "{\n  \"error\": {\n    \"message\": \"Unsupported parameter: 'max_tokens'.\"\n  }\n}";
        assertThat(ask("llm-judge", settings, "x"))
                .containsExactly(new Failed(url + " answered 400: Unsupported parameter: 'max_tokens'."));
        answer = "<html>\n bad\n gateway</html>";
        assertThat(ask("llm-judge", settings, "x"))
                .containsExactly(new Failed(url + " answered 400: <html> bad gateway</html>"));
    }
}
