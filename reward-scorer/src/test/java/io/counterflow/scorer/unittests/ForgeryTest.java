package io.counterflow.scorer.unittests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.sandbox.Executables;
import io.counterflow.scorer.sandbox.Sandbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Programs that try to pass without solving their task, to reach out of their sandbox, or to spoil what runs beside them, and
 * honest ones among them. The resources {@code forgery/*.jsonl} have one a line, each with a sentence that says what it tries; the
 * file {@code collected} came from people who tried such scorers.
 */
class ForgeryTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private record Row(String id, String says, boolean passes, ScoreRequest request) {}

    @ParameterizedTest
    @ValueSource(strings = {"python", "javascript"})
    void noForgeryPassesAndEveryHonestProgramDoes(String language) throws Exception {
        assumeTrue(
                Executables.find(language.equals("python") ? "python3" : "node").isPresent(), "no interpreter here");
        Sandbox sandbox = Sandbox.detect(true);
        assumeTrue(sandbox.isolates(), "this machine offers no isolation to test");
        List<Row> rows = new ArrayList<>();
        rows.addAll(rows("attacks", language));
        rows.addAll(rows("honest", language));
        rows.addAll(rows("collected", language));
        List<ScoreOutcome> outcomes;
        UnitTestsConfig config = new UnitTestsConfig(
                null, null, null, Duration.ofSeconds(8), Duration.ofSeconds(20), null, null, null, null);
        try (UnitTestScorer scorer = new UnitTestScorer(config, sandbox)) {
            outcomes = scorer.score(rows.stream().map(Row::request).toList());
        }
        List<String> wrong = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            Row row = rows.get(i);
            boolean scored = outcomes.get(i) instanceof Scored;
            boolean passed =
                    outcomes.get(i) instanceof Scored s && s.components().get("all") == 1;
            if (!scored || passed != row.passes()) {
                wrong.add(row.id() + " (" + row.says() + "): " + outcomes.get(i));
            }
        }
        assertThat(wrong).isEmpty();
    }

    private static List<Row> rows(String file, String language) throws IOException {
        List<Row> rows = new ArrayList<>();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                ForgeryTest.class.getResourceAsStream("forgery/" + file + ".jsonl"), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                JsonNode row = JSON.readTree(line);
                Map<String, String> metadata = new HashMap<>();
                row.get("metadata")
                        .properties()
                        .forEach(f -> metadata.put(f.getKey(), f.getValue().asText()));
                if (metadata.get("language").equals(language)) {
                    rows.add(new Row(
                            row.get("id").asText(),
                            row.get("says").asText(),
                            row.path("passes").asBoolean(file.equals("honest")),
                            new ScoreRequest(
                                    row.get("id").asText(),
                                    row.get("prompt").asText(),
                                    row.get("completion").asText(),
                                    metadata)));
                }
            }
        }
        return rows;
    }
}
