package io.counterflow.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Programs a second of the unit-tests scorer in interpreted languages: small problems in the manner of HumanEval, a {@code
 * check(candidate)} or cases as data, each program right.
 */
final class ScriptsBench {

    private static final String FILE = "/io/counterflow/cli/bench/scripts.jsonl";
    private static final int BATCH = 32;

    private final List<JsonNode> problems = new ArrayList<>();

    ScriptsBench() throws IOException {
        ObjectMapper json = new ObjectMapper();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(ScriptsBench.class.getResourceAsStream(FILE), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                problems.add(json.readTree(line));
            }
        }
    }

    /** Programs a second, after some to warm up. */
    double perSecond(String language, boolean cases, int count, boolean allowUnsandboxed) throws Exception {
        try (Scorer scorer =
                ScorerCatalog.onClassPath().create("unit-tests", Map.of("allowUnsandboxed", allowUnsandboxed))) {
            require(scorer.score(requests(language, cases, count, count + 4)));
            long start = System.nanoTime();
            for (int from = 0; from < count; from += BATCH) {
                require(scorer.score(requests(language, cases, from, Math.min(count, from + BATCH))));
            }
            return count / ((System.nanoTime() - start) / 1e9);
        }
    }

    private List<ScoreRequest> requests(String language, boolean cases, int from, int to) {
        List<ScoreRequest> requests = new ArrayList<>();
        for (int i = from; i < to; i++) {
            JsonNode problem = problems.get(i % problems.size());
            boolean python = language.equals("python");
            Map<String, String> metadata = new HashMap<>(Map.of("language", language));
            if (cases) {
                metadata.put("cases", problem.get("cases").toString());
            } else {
                metadata.put("tests", problem.get(language + "Tests").asText());
                metadata.put("entry_point", problem.get("entry_point").asText());
            }
            requests.add(new ScoreRequest(
                    String.valueOf(i),
                    python ? problem.get("prompt").asText() : "",
                    problem.get(language).asText() + (python ? "# " : "// ") + i + "\n",
                    metadata));
        }
        return requests;
    }

    private static void require(List<ScoreOutcome> outcomes) {
        outcomes.forEach(outcome -> {
            if (!(outcome instanceof Scored scored) || scored.value() != 1) {
                throw new IllegalStateException("a right program was not passed: " + outcome);
            }
        });
    }
}
