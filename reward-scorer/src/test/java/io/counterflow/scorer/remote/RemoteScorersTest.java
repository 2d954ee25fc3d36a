package io.counterflow.scorer.remote;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.counterflow.scorer.ScoreOutcome;
import io.counterflow.scorer.ScoreOutcome.Failed;
import io.counterflow.scorer.ScoreOutcome.Rejected;
import io.counterflow.scorer.ScoreOutcome.Scored;
import io.counterflow.scorer.ScoreOutcome.TimedOut;
import io.counterflow.scorer.ScoreRequest;
import io.counterflow.scorer.Scorer;
import io.counterflow.scorer.ScorerCatalog;
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
    void httpSendsABatchAndReadsItsOutcomes() throws Exception {
        answer =
                "{\"outcomes\": [{\"value\": 0.5, \"components\": {\"a\": 1}, \"details\": {\"b\": \"c\"}}, {\"failed\": \"f\"},"
                        + " {\"timedOut\": \"t\"}, {\"rejected\": \"r\"}, {\"score\": 1}]}";
        assertThat(ask("http", Map.of("url", url), "1", "2", "3", "4", "5"))
                .containsExactly(
                        new Scored(0.5, Map.of("a", 1.0), Map.of("b", "c")),
                        new Failed("f"),
                        new TimedOut("t"),
                        new Rejected("r"),
                        new Failed("not an outcome, it has no number 'value': {\"score\":1}"));
        assertThat(received.get(0))
                .startsWith(
                        "/ {\"batch\":[{\"id\":\"id-0\",\"prompt\":\"prompt\",\"completion\":\"1\",\"metadata\":{\"k\":\"v\"}}");
    }

    @Test
    void httpFailsWhateverIsNotAnAnswer() throws Exception {
        answer = "{\"outcomes\": [{\"value\": 1}]}";
        assertThat(ask("http", Map.of("url", url), "1", "2"))
                .containsOnly(new Failed(url + " answered with 1 outcomes for a batch of 2"));
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
    void aProcessThatDiesFailsItsBatchAndIsStartedAgain() throws Exception {
        String script = "read line; echo '{\"value\": 1}'; read line; exit 3";
        Map<String, ?> settings = Map.of("command", List.of("/bin/sh", "-c", script));
        try (Scorer scorer = CheckedScorer.wrap(catalog.create("command", settings))) {
            assertThat(scorer.score(requests("a", "b")).get(1))
                    .isInstanceOfSatisfying(Failed.class, f -> assertThat(f.cause())
                            .contains("ended with exit code 3 after 1 of 2 outcomes"));
            assertThat(scorer.score(requests("a"))).containsExactly(ScoreOutcome.of(1));
        }
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
                .contains("\"content\":\"prompt|{max} text|v|0-4\"")
                .contains("\"temperature\":0");
        for (String words : List.of("Score: 5", "I would say 3", "Score: 3\\nor so", "Score: three", "")) {
            answer = "{\"choices\": [{\"message\": {\"content\": \"" + words + "\"}}]}";
            assertThat(ask("llm-judge", settings, "x").get(0)).as(words).isInstanceOf(Failed.class);
        }
    }
}
