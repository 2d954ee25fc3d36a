package io.counterflow.scorer.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.counterflow.scorer.api.ScoreOutcome;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
                        "{\"rejected\":\"no text 'completion' in {\\\"id\\\":7,\\\"prompt\\\":\\\"no completion\\\"}\",\"id\":\"7\"}",
                        "{\"failed\":\"no\",\"id\":\"z\"}");
    }

    @Test
    void aRejectedLineKeepsItsOwnIdAndNotThatOfAnother() throws Exception {
        Path input = Files.writeString(folder.resolve("in.jsonl"), """
                {"id": "2", "prompt": "p", "completion": null}
                {"id": "1", "prompt": "p", "completion": "fine"}
                {"id": "half\\ud83d", "completion": "x"}
                {"id": {"a": 1}, "completion": "\\ude00"}
                """);
        Path output = folder.resolve("out.jsonl");
        new FileScoring(batch -> batch.stream().map(r -> ScoreOutcome.of(1)).toList(), 64).score(input, output);
        List<String> lines = Files.readAllLines(output);
        assertThat(lines.get(0)).startsWith("{\"rejected\"").endsWith("\"id\":\"2\"}");
        assertThat(lines.get(1)).isEqualTo("{\"value\":1.0,\"id\":\"1\"}");
        assertThat(lines.get(2)).startsWith("{\"rejected\"").endsWith("\"id\":\"3\"}");
        assertThat(lines.get(3)).startsWith("{\"rejected\"").endsWith("\"id\":\"{\\\"a\\\":1}\"}");
    }

    @Test
    void aNumberOfTheMetadataIsSpelledAsInTheFile() throws Exception {
        Path input = Files.writeString(
                folder.resolve("in.jsonl"),
                "{\"completion\": \"x\", \"metadata\": {\"gold\": 1.10, \"all\": [1E400]}}\n");
        List<Map<String, String>> seen = new ArrayList<>();
        new FileScoring(
                        batch -> {
                            batch.forEach(request -> seen.add(request.metadata()));
                            return List.of(ScoreOutcome.of(1));
                        },
                        1)
                .score(input, folder.resolve("out.jsonl"));
        assertThat(seen).containsExactly(Map.of("gold", "1.10", "all", "[1E400]"));
    }

    @Test
    void textThatIsNoUnicodeIsRejectedAloneWithItsLine() throws Exception {
        Path input = folder.resolve("in.jsonl");
        Path output = folder.resolve("out.jsonl");
        Files.write(input, """
                \ufeff{"id": "good", "completion": "x"}\r
                {"id": "half", "completion": "\\ud83d"}\r
                {"id": "key", "completion": "x", "metadata": {"\\ude00": "v"}}\r
                {"id": "twice", "id": "other", "completion": "x"}\r
                """.getBytes(StandardCharsets.UTF_8));
        Files.write(input, new byte[] {'{', '"', (byte) 0xff, '"', '}', '\n'}, StandardOpenOption.APPEND);
        new FileScoring(batch -> batch.stream().map(r -> ScoreOutcome.of(1)).toList(), 64).score(input, output);
        List<String> lines = Files.readAllLines(output);
        assertThat(lines.get(0)).isEqualTo("{\"value\":1.0,\"id\":\"good\"}");
        assertThat(lines.get(1)).contains("rejected", "line 2: 'completion' is no Unicode text");
        assertThat(lines.get(2)).contains("rejected", "line 3: a key of 'metadata' is no Unicode text");
        assertThat(lines.get(3)).contains("rejected", "line 4: has the key 'id' twice");
        assertThat(lines.get(4)).contains("rejected", "line 5: is not UTF-8: byte 3 of the line, 0xff");
    }

    @Test
    void aScorersHalfOfAPairBreaksNoFile() throws Exception {
        Path input = Files.writeString(folder.resolve("in.jsonl"), "{\"completion\": \"x\"}\n");
        Path output = folder.resolve("out.jsonl");
        new FileScoring(batch -> List.of(ScoreOutcome.of(1, Map.of("p\ud83d", 1.0), Map.of("d", "\ude00"))), 1)
                .score(input, output);
        assertThat(output)
                .hasContent(
                        "{\"value\":1.0,\"components\":{\"p\ufffd\":1.0},\"details\":{\"d\":\"\ufffd\"},\"id\":\"1\"}");
    }

    @Test
    void whatWasThereStaysWhereScoringFailsInTheMiddle() throws Exception {
        Path input = Files.writeString(folder.resolve("in.jsonl"), "{\"completion\": \"x\"}\n".repeat(3));
        Path output = Files.writeString(folder.resolve("out.jsonl"), "old");
        int[] calls = new int[1];
        FileScoring scoring = new FileScoring(
                batch -> {
                    if (calls[0]++ == 1) {
                        throw new IllegalStateException("gone");
                    }
                    return List.of(ScoreOutcome.of(1));
                },
                1);
        assertThatThrownBy(() -> scoring.score(input, output)).hasMessage("gone");
        assertThat(output).hasContent("old");
        assertThat(folder).isDirectoryNotContaining("glob:**.part");
        assertThatThrownBy(() -> scoring.score(input, input)).hasMessageContaining("is the input");
    }
}
