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
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** The reference solutions of MBJP (MBXP Java); needs its file, named by the system property {@code mbjp}. */
class MbjpTest {

    /** Reference solutions that do not compile, with any Java: wrong types in their own code, see docs/experiments/mbjp.md. */
    private static final Set<String> DO_NOT_COMPILE = ids(180, 198, 214, 300, 397, 432, 519, 535, 622, 738, 904);

    /** Reference solutions that print a complaint and call {@code System.exit(0)}: a harness that looks at exit codes passes them. */
    private static final Set<String> LEAVE = ids(106, 325, 553, 579, 835, 871);

    private static final List<String> BROKEN = List.of(
            " throw new IllegalStateException(); } }",
            " if (true) System.exit(0); throw new IllegalStateException(); } }",
            " if (true) Runtime.getRuntime().halt(0); throw new IllegalStateException(); } }",
            " return; ");

    private static Set<String> ids(int... numbers) {
        Set<String> ids = new TreeSet<>();
        for (int number : numbers) {
            ids.add("MBJP/" + number);
        }
        return ids;
    }

    @Test
    void referenceSolutionsPassAndBrokenOnesDoNot() throws Exception {
        String file = System.getProperty("mbjp");
        assumeTrue(file != null, "no MBJP here: give its file with -Dmbjp=/path/to/mbjp.jsonl.gz");
        List<ScoreRequest> right = new ArrayList<>();
        List<ScoreRequest> wrong = new ArrayList<>();
        ObjectMapper json = new ObjectMapper();
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(Path.of(file))), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                JsonNode task = json.readTree(line);
                if (task.path("canonical_solution").isTextual()) {
                    Map<String, String> metadata =
                            Map.of("language", "java", "tests", task.get("test").asText());
                    String id = task.get("task_id").asText();
                    String prompt = task.get("prompt").asText();
                    right.add(new ScoreRequest(
                            id, prompt, task.get("canonical_solution").asText(), metadata));
                    wrong.add(new ScoreRequest(id, prompt, BROKEN.get(wrong.size() % BROKEN.size()), metadata));
                }
            }
        }
        UnitTestsConfig config =
                new UnitTestsConfig(null, null, null, Duration.ofSeconds(10), null, null, null, null, true);
        try (UnitTestScorer scorer = new UnitTestScorer(config, Sandbox.detect(true))) {
            long start = System.nanoTime();
            Set<String> failed = idsWithout(1, right, scorer);
            System.out.printf(
                    "MBJP: %d of %d reference solutions pass, %.1f programs/s; not: %s%n",
                    right.size() - failed.size(),
                    right.size(),
                    right.size() / ((System.nanoTime() - start) / 1e9),
                    failed);
            Set<String> bad = new TreeSet<>(DO_NOT_COMPILE);
            bad.addAll(LEAVE);
            assertThat(failed).isEqualTo(bad);
            assertThat(idsWithout(0, wrong.subList(0, 60), scorer)).isEmpty();
        }
    }

    private static Set<String> idsWithout(double value, List<ScoreRequest> requests, UnitTestScorer scorer)
            throws Exception {
        Set<String> ids = new TreeSet<>();
        for (int at = 0; at < requests.size(); at += 32) {
            List<ScoreRequest> batch = requests.subList(at, Math.min(requests.size(), at + 32));
            List<ScoreOutcome> outcomes = scorer.score(batch);
            for (int i = 0; i < batch.size(); i++) {
                if (!(outcomes.get(i) instanceof Scored scored) || scored.value() != value) {
                    ids.add(batch.get(i).id());
                }
            }
        }
        return ids;
    }
}
