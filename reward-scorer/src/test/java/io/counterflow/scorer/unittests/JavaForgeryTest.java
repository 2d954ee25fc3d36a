package io.counterflow.scorer.unittests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.sandbox.Sandbox;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Java programs that try to pass without solving their task, a row of {@code java-forgeries.jsonl} each, with what it tries in a
 * sentence; and in {@code java-honest.jsonl} right ones whose values have to cross between two processes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JavaForgeryTest {

    private static final ScoreRequest INNOCENT = new ScoreRequest(
            "innocent",
            "class Program { static int f(int x) { ",
            "return 2 * x + 1; } }",
            Map.of(
                    "language",
                    "java",
                    "tests",
                    "class Tests { static void test() { int r = Program.f(20); if (r != 41) throw new AssertionError(r); } }"));

    private UnitTestScorer scorer;

    @BeforeAll
    void start() throws Exception {
        Sandbox sandbox = Sandbox.detect(true);
        assumeTrue(sandbox.isolates(), "this machine offers no isolation to test");
        scorer = new UnitTestScorer(UnitTestsConfigs.testLimit(Duration.ofSeconds(5)), sandbox);
    }

    @AfterAll
    void stop() throws Exception {
        if (scorer != null) {
            scorer.close();
        }
    }

    private static Stream<Arguments> rows(String file, String sentence) throws Exception {
        List<Arguments> rows = new ArrayList<>();
        ObjectMapper json = new ObjectMapper();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(JavaForgeryTest.class.getResourceAsStream(file), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                JsonNode row = json.readTree(line);
                Map<String, String> metadata =
                        Map.of("language", "java", "tests", row.get("tests").asText());
                rows.add(Arguments.of(
                        row.get("id").asText() + ": " + row.get(sentence).asText(),
                        new ScoreRequest(
                                row.get("id").asText(),
                                row.get("prompt").asText(),
                                row.get("completion").asText(),
                                metadata)));
            }
        }
        return rows.stream();
    }

    private static Stream<Arguments> forgeries() throws Exception {
        return rows("java-forgeries.jsonl", "tries");
    }

    private static Stream<Arguments> honest() throws Exception {
        return rows("java-honest.jsonl", "what");
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("forgeries")
    void aForgeryDoesNotPassAndTheNextProgramDoes(String name, ScoreRequest forgery) throws Exception {
        List<ScoreOutcome> outcomes = scorer.score(List.of(forgery, INNOCENT));
        assertThat(outcomes.get(0)).isInstanceOfSatisfying(Scored.class, s -> assertThat(s.value())
                .as(name + ": " + s.details())
                .isLessThan(1));
        assertThat(outcomes.get(1)).isInstanceOfSatisfying(Scored.class, s -> assertThat(s.value())
                .as("after " + name + ": " + s.details())
                .isOne());
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("honest")
    void anHonestProgramPassesInAProcessOfItsOwn(String name, ScoreRequest request) throws Exception {
        assertThat(scorer.score(List.of(request)).get(0)).isInstanceOfSatisfying(Scored.class, s -> {
            assertThat(s.value()).as(name + ": " + s.details()).isOne();
            assertThat(s.details()).containsEntry("isolation", "process");
        });
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "new A() { int f() { return 1; } }",
                "new A(0) { public int f() { return 1; } }",
            })
    void testsThatExtendAClassThatOnlyTheProgramDeclaresShareItsProcess(String made) throws Exception {
        String program = "abstract class A { A() { } A(int n) { } abstract int f(); int g() { return f() + 1; } }";
        String tests =
                "class T { static void test() { A a = " + made + "; if (a.g() != 2) throw new AssertionError(); } }";
        ScoreRequest request = new ScoreRequest("extends", "", program, Map.of("language", "java", "tests", tests));
        assertThat(scorer.score(List.of(request)).get(0)).isInstanceOfSatisfying(Scored.class, s -> {
            assertThat(s.value()).as(s.details().toString()).isOne();
            assertThat(s.details()).containsEntry("isolation", "shared");
        });
    }

    @Test
    void aWrongProgramIsTheOnlyOneThatFailsInABatchOfMany() throws Exception {
        List<ScoreRequest> batch = new ArrayList<>(java.util.Collections.nCopies(6, INNOCENT));
        batch.add(3, new ScoreRequest("wrong", INNOCENT.prompt(), "return x; } }", INNOCENT.metadata()));
        assertThat(scorer.score(batch))
                .extracting(o -> ((Scored) o).value())
                .containsExactly(1.0, 1.0, 1.0, 0.0, 1.0, 1.0, 1.0);
    }
}
