package io.counterflow.examples.readingease;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.Counterflow;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The jar as its user has it: in the plug-in folder of a Counterflow that has never heard of it. */
class PluginFolderTest {

    private static final Path CLASSES = Path.of("target", "classes").toAbsolutePath();

    @TempDir
    Path folder;

    private record Ended(int exitCode, String output) {}

    private Path plugins() throws Exception {
        Path plugins = Files.createDirectories(folder.resolve("my-scorers"));
        int code = ToolProvider.findFirst("jar")
                .orElseThrow()
                .run(
                        System.out,
                        System.err,
                        "--create",
                        "--file",
                        plugins.resolve("reading-ease.jar").toString(),
                        "-C",
                        CLASSES.toString(),
                        ".");
        assertThat(code).isZero();
        return plugins;
    }

    private Ended counterflow(String... arguments) throws Exception {
        String without = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !Path.of(entry).toAbsolutePath().equals(CLASSES))
                .filter(entry -> !entry.contains("test-classes"))
                .collect(Collectors.joining(File.pathSeparator));
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                without,
                Counterflow.class.getName()));
        command.addAll(List.of(arguments));
        File output = folder.resolve("output.txt").toFile();
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
        int exitCode = process.waitFor();
        return new Ended(exitCode, Files.readString(output.toPath()));
    }

    @Test
    void theJarScoresAFileAndItsSettingsAreChecked() throws Exception {
        Path input = Files.writeString(
                folder.resolve("in.jsonl"),
                "{\"id\": \"1\", \"prompt\": \"Where?\", \"completion\": \"The cat sat on the mat.\"}\n"
                        + "{\"id\": \"2\", \"prompt\": \"Where?\", \"completion\": \"\"}\n");
        Path output = folder.resolve("out.jsonl");
        String[] command = {
            "score",
            "--scorer",
            "reading-ease",
            "--plugins",
            plugins().toString(),
            "--input",
            input.toString(),
            "--output",
            output.toString(),
            "--setting",
            "wanted=100"
        };

        Ended ended = counterflow(command);

        assertThat(ended.exitCode()).as(ended.output()).isZero();
        assertThat(ended.output()).contains("1 of 2 completions scored");
        assertThat(Files.readAllLines(output).get(0)).contains("-16.14", "syllablesPerWord");
        assertThat(Files.readAllLines(output).get(1)).contains("the completion has no words");

        command[command.length - 1] = "wnated=100";
        Ended misspelt = counterflow(command);
        assertThat(misspelt.exitCode()).isEqualTo(1);
        assertThat(misspelt.output())
                .contains("settings of scorer reading-ease", "wnated")
                .doesNotContain("\tat ");

        Ended unknown = counterflow(
                "score", "--scorer", "reading-ease", "--input", input.toString(), "--output", output.toString());
        assertThat(unknown.exitCode()).isEqualTo(1);
        assertThat(unknown.output()).contains("no scorer 'reading-ease'", "plug-in folder");
    }
}
