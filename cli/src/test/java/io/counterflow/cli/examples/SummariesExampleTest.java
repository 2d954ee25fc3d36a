package io.counterflow.cli.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.counterflow.cli.log.LogAccess;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.log.LogConfig;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Completion;
import io.counterflow.schemas.Purpose;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The script of examples/summaries as a user calls it, with its smoke preset: real packages, real models, a process for each command. */
class SummariesExampleTest {

    private static final String[] VERBS = {"sleeps", "runs", "sings", "reads", "eats", "swims", "waits", "dances"};

    @TempDir
    private Path folder;

    @Test
    void threeObjectivesAndAnotherRecipeLearnFromOneLog() throws Exception {
        ExampleScript script = ExampleScript.of("summaries", folder);
        assumeFetched(script.counterflow("data", "debian-tldr", "--output", "examples/summaries/data/source"));
        assumeFetched(script.counterflow("model", "get", "stories15m"));
        assumeFetched(script.counterflow("model", "get", "minilm"));

        ExampleScript.Said said = script.run(Map.of("NLI", nli().toString()), "--preset", "smoke");

        assertThat(said.exitCode()).as(said.output()).isZero();
        assertThat(said.output())
                .contains("│ start │", "║ copg ", "║ ipo ", "║ dpo ", "║ copg-other-weights ")
                .contains("│ entailment │ length │ reward-model │ rouge │");
        Path data = folder.resolve("examples/summaries/data/smoke");
        assertThat(data.resolve("objectives.html")).isNotEmptyFile();
        assertThat(data.resolve("weights.html")).isNotEmptyFile();
        assertThat(trainingCompletionsByRun())
                .as("four samples of each of 16 documents, sampled once, whatever was learned from them")
                .isEqualTo(Map.of("samples", 16 * 4));
    }

    private static void assumeFetched(ExampleScript.Said said) {
        assumeTrue(said.exitCode() == 0, "not run, because something could not be fetched: " + said.output());
    }

    private Map<String, Integer> trainingCompletionsByRun() {
        Map<String, Integer> counts = new TreeMap<>();
        RunFolders folders = new RunFolders(folder.resolve("examples/summaries/log/smoke"));
        try (LogAccess access = LogAccess.open(new LogConfig(null, null, null, null, null, null), folders);
                LogReader<Completion> reader = new LogReader<>(access.log(), Topic.COMPLETIONS, Completion.class)) {
            reader.read(reader.everything(), r -> {
                if (r.value().getPurpose() == Purpose.TRAINING) {
                    counts.merge(r.value().getRunId(), 1, Integer::sum);
                }
            });
        }
        return counts;
    }

    private Path nli() throws IOException {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 120; i++) {
            String premise = "Number " + i + " " + VERBS[i % 8] + " and " + VERBS[(i + 1) % 8] + ".";
            String hypothesis = "Number " + i + " " + VERBS[i % 3 == 0 ? i % 8 : (i + 3) % 8] + ".";
            String label = i % 3 == 0 ? "entailment" : i % 3 == 1 ? "neutral" : "contradiction";
            lines.append(String.format(
                    "{\"premise\": \"%s\", \"hypothesis\": \"%s\", \"label\": \"%s\"}%n", premise, hypothesis, label));
        }
        return Files.writeString(folder.resolve("nli.jsonl"), lines);
    }
}
