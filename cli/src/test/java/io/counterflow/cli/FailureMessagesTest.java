package io.counterflow.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the file system refuses, as a user reads it. */
class FailureMessagesTest {

    @TempDir
    Path folder;

    @Test
    void aFileInTheWayOfAFolderIsSaidToBeThere() throws Exception {
        Path file = Files.writeString(folder.resolve("openings"), "mine");

        assertThat(said("data", "story-openings", "--output", file.toString()))
                .isEqualTo("counterflow: " + file + " is there already, and is not what is needed\n");
        assertThat(file).hasContent("mine");
    }

    @Test
    void aFileThatIsNotThereIsSaidNotToBe() {
        Path file = folder.resolve("in.jsonl");

        assertThat(said(
                        "score",
                        "--scorer",
                        "length",
                        "--input",
                        file.toString(),
                        "--output",
                        folder.resolve("out.jsonl").toString()))
                .startsWith("counterflow: ")
                .contains(file.toString())
                .contains("no file")
                .hasLineCount(1);
    }

    @Test
    void aDamagedJsonFileIsOneLineWithThePlace() throws Exception {
        Path config = folder.resolve("config.json");
        Files.writeString(config, "{\n  \"model_type\": \"llama\",\n  \"rms_norm_eps\": NaN\n}");
        assertThat(said("model", "show", folder.toString()))
                .startsWith("counterflow: " + config + " is not valid JSON: Non-standard token 'NaN' (line 3, column ")
                .hasLineCount(1);
        Files.writeString(config, "{\"model_type\": ");
        assertThat(said("model", "show", folder.toString()))
                .startsWith("counterflow: " + config + " is not valid JSON: Unexpected end-of-input")
                .hasLineCount(1);
    }

    @Test
    void aFullHeapIsOneLineWithTheRemedy() throws Exception {
        try (RandomAccessFile config =
                new RandomAccessFile(folder.resolve("config.json").toFile(), "rw")) {
            config.setLength(64 << 20);
        }
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Counterflow.class.getName(),
                        "model",
                        "show",
                        folder.toString())
                .redirectErrorStream(true)
                .start();
        assertThat(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
                .contains("Java's heap of ", "MB is full; give it more with COUNTERFLOW_HEAP")
                .doesNotContain("\tat ");
        assertThat(process.waitFor()).isEqualTo(1);
    }

    @Test
    void aPlugInThatCannotBeLoadedIsOneLineThatNamesItsJar() throws Exception {
        Path jar = folder.resolve("wrong.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar))) {
            out.putNextEntry(new JarEntry("META-INF/services/io.counterflow.scorer.api.ScorerFactory"));
            out.write("user.NoSuchFactory\n".getBytes(StandardCharsets.UTF_8));
        }
        Path input = Files.writeString(folder.resolve("in.jsonl"), "{\"prompt\": \"a\", \"completion\": \"b\"}\n");
        Path output = folder.resolve("out.jsonl");
        assertThat(said(
                        "score",
                        "--scorer",
                        "user",
                        "--plugins",
                        folder.toString(),
                        "--input",
                        input.toString(),
                        "--output",
                        output.toString()))
                .startsWith("counterflow: " + jar + " names the scorer factory user.NoSuchFactory")
                .hasLineCount(1);
        assertThat(output).doesNotExist();
    }

    @Test
    void whatNobodyForesawIsOneLineWithThePlaceToo() throws Exception {
        @CommandLine.Command(name = "broken")
        class Broken implements Callable<Integer> {
            @Override
            public Integer call() {
                throw new IllegalStateException("one\ntwo", new NullPointerException("three"));
            }
        }
        StringWriter err = new StringWriter();
        CommandLine commandLine = Counterflow.commandLine().addSubcommand(new Broken());
        assertThat(commandLine.setErr(new PrintWriter(err)).execute("broken")).isEqualTo(1);
        assertThat(err.toString())
                .startsWith("counterflow: this should not have happened: java.lang.NullPointerException: three")
                .contains("COUNTERFLOW_STACKTRACE=1")
                .hasLineCount(1);
        err.getBuffer().setLength(0);
        assertThat(FailureMessages.error(commandLine, new NoClassDefFoundError("a/B")))
                .isEqualTo(1);
        assertThat(err.toString()).contains("NoClassDefFoundError: a/B").hasLineCount(1);
    }

    private static String said(String... arguments) {
        StringWriter err = new StringWriter();
        assertThat(Counterflow.commandLine().setErr(new PrintWriter(err)).execute(arguments))
                .isEqualTo(1);
        return err.toString();
    }
}
