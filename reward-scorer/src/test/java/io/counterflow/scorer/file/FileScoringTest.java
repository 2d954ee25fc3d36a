package io.counterflow.scorer.file;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.scorer.ScoreOutcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileScoringTest {

    @TempDir
    Path folder;

    @Test
    void everyLineHasAnOutcomeInItsPlace() throws Exception {
        Path input = folder.resolve("in.jsonl");
        Path output = folder.resolve("out.jsonl");
        Files.writeString(input, """
                {"id": "a", "prompt": "p", "completion": "xx", "metadata": {"n": 1}}
                {"completion": "xxxx"}

                not json
                {"id": 7, "prompt": "no completion"}
                {"id": "z", "completion": "fail"}
                """);
        List<Integer> batches = new ArrayList<>();
        FileScoring scoring = new FileScoring(
                batch -> {
                    batches.add(batch.size());
                    return batch.stream()
                            .map(r -> r.completion().equals("fail")
                                    ? new ScoreOutcome.Failed("no")
                                    : ScoreOutcome.of(r.completion().length()))
                            .toList();
                },
                2);
        assertThat(scoring.score(input, output)).isEqualTo(new FileScoring.Summary(5, 2, 3));
        assertThat(batches).containsExactly(2, 1);
        assertThat(Files.readAllLines(output))
                .containsExactly(
                        "{\"value\":2.0,\"id\":\"a\"}",
                        "{\"value\":4.0,\"id\":\"2\"}",
                        "{\"rejected\":\"not JSON: not json\",\"id\":\"3\"}",
                        "{\"rejected\":\"no text 'completion' in {\\\"id\\\": 7, \\\"prompt\\\": \\\"no completion\\\"}\",\"id\":\"4\"}",
                        "{\"failed\":\"no\",\"id\":\"z\"}");
    }
}
