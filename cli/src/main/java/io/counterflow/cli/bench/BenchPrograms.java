package io.counterflow.cli.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.scorer.api.ScoreRequest;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Small Java problems with a right solution and tests, in the manner of HumanEval-X: a {@code main} that throws. */
final class BenchPrograms {

    private static final String FILE = "/io/counterflow/cli/bench/programs.jsonl";

    private record Program(String imports, String solution, String tests) {}

    private final List<Program> programs;

    private BenchPrograms(List<Program> programs) {
        this.programs = programs;
    }

    /** Those that come with the command. */
    static BenchPrograms builtIn() throws IOException {
        List<Program> programs = new ArrayList<>();
        ObjectMapper json = new ObjectMapper();
        try (BufferedReader lines = new BufferedReader(
                new InputStreamReader(BenchPrograms.class.getResourceAsStream(FILE), StandardCharsets.UTF_8))) {
            for (String line; (line = lines.readLine()) != null; ) {
                JsonNode node = json.readTree(line);
                programs.add(new Program(
                        node.get("imports").asText(),
                        node.get("solution").asText(),
                        node.get("tests").asText()));
            }
        }
        return new BenchPrograms(programs);
    }

    /** Requests for the unit-tests scorer, no two the same. */
    List<ScoreRequest> requests(int count) {
        List<ScoreRequest> requests = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Program program = programs.get(i % programs.size());
            requests.add(new ScoreRequest(
                    String.valueOf(i),
                    program.imports,
                    "// " + i + "\n" + program.solution,
                    Map.of("language", "java", "tests", program.tests)));
        }
        return requests;
    }

    /** One of them as a source file that {@code java} runs: its first class has the {@code main}. */
    String sourceFile(int index) {
        Program program = programs.get(index % programs.size());
        return program.imports + program.tests + program.solution;
    }
}
