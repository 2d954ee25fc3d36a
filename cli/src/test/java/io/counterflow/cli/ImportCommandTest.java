package io.counterflow.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImportCommandTest {

    private static final Path MODEL = Path.of("../checkpoints/src/test/resources/fixtures/tiny-llama");

    @TempDir
    Path folder;

    private final StringWriter err = new StringWriter();

    @Test
    void afterAnImportThatBroughtNothingNobodyGoesOn() throws Exception {
        Path empty = write("empty.jsonl", "");
        Path broken = write("broken.jsonl", "{\"prompt\": 1}\n{\"propmt\": \"p\"}\n");
        Path one = write("one.jsonl", "{}\n");
        Path equal = write("equal.jsonl", "{\"prompt\": \"p\", \"chosen\": \"a\", \"rejected\": \"a\"}\n");
        List<String> prompts = List.of("prompts", "--task", "t");
        List<String> completions = List.of("completions", "--run", "r", "--model", MODEL.toString());
        List<String> preferences = List.of("preferences", "--run", "r", "--model", MODEL.toString());
        assertThat(execute(empty, prompts)).isEqualTo(1);
        assertThat(execute(broken, prompts)).isEqualTo(1);
        assertThat(execute(empty, completions)).isEqualTo(1);
        assertThat(execute(one, completions)).isEqualTo(1);
        assertThat(execute(empty, preferences)).isEqualTo(1);
        assertThat(execute(equal, preferences)).isEqualTo(1);
        assertThat(err.toString().lines().filter(line -> line.startsWith("counterflow: ")))
                .containsExactly(
                        "counterflow: " + empty + " has no prompts that could be imported",
                        "counterflow: " + broken
                                + " has no prompts that could be imported: all of its 2 lines are broken, the first at line 1",
                        "counterflow: " + empty + " has no completions that could be imported",
                        "counterflow: " + one + " has no completions that could be imported: its only line is broken",
                        "counterflow: " + empty + " has no pairs that could be imported",
                        "counterflow: " + equal + " has no pairs that could be imported: its only line is broken");
    }

    private Path write(String name, String text) throws Exception {
        return Files.writeString(folder.resolve(name), text, StandardCharsets.UTF_8);
    }

    private int execute(Path file, List<String> kind) {
        List<String> arguments = new ArrayList<>(List.of("import", kind.get(0), file.toString()));
        arguments.addAll(kind.subList(1, kind.size()));
        arguments.addAll(List.of(
                "--on-bad-line", "skip", "--data", folder.resolve("data").toString()));
        return Counterflow.commandLine().setErr(new PrintWriter(err, true)).execute(arguments.toArray(String[]::new));
    }
}
