package io.counterflow.cli.plugin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.cli.Counterflow;
import io.counterflow.scorer.api.Scorer;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The example of a plug-in as its user has it: compiled against the scorer interface alone, in a jar in the plug-in folder of a
 * Counterflow that has never heard of it.
 */
class PluginFolderTest {

    private static final Path EXAMPLE = Path.of("..", "examples", "scorer-plugin", "src", "main");

    @TempDir
    Path folder;

    private record Ended(int exitCode, String output) {}

    private Path plugins() throws Exception {
        Path classes = Files.createDirectories(folder.resolve("classes"));
        List<String> compile = new ArrayList<>(List.of(
                "-proc:none",
                "-d",
                classes.toString(),
                "-cp",
                place(Scorer.class) + File.pathSeparator + place(JsonPropertyDescription.class)));
        Path services = Path.of("META-INF", "services", "io.counterflow.scorer.api.ScorerFactory");
        try (Stream<Path> sources = Files.walk(EXAMPLE.resolve("java"))) {
            sources.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(compile::add);
        }
        run("javac", compile.toArray(String[]::new));
        Files.createDirectories(classes.resolve(services).getParent());
        Files.copy(EXAMPLE.resolve("resources").resolve(services), classes.resolve(services));
        Path plugins = Files.createDirectories(folder.resolve("my-scorers"));
        String jar = plugins.resolve("reading-ease.jar").toString();
        run("jar", "--create", "--file", jar, "-C", classes.toString(), ".");
        return plugins;
    }

    private static String place(Class<?> type) throws Exception {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI())
                .toString();
    }

    private static void run(String tool, String... arguments) {
        assertThat(ToolProvider.findFirst(tool).orElseThrow().run(System.out, System.err, arguments))
                .as(tool)
                .isZero();
    }

    private Ended counterflow(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
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
