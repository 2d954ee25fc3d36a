package io.counterflow.cli.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.counterflow.cli.Counterflow;
import java.io.File;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Does what docs/scorers.md tells the author of a scorer to do, with the commands as they stand there. */
class DocumentedStepsTest {

    private static final Path PAGE = Path.of("..", "docs", "scorers.md");
    private static final Pattern BLOCK = Pattern.compile("```(java|sh)\\n(.*?)```", Pattern.DOTALL);

    @TempDir
    Path folder;

    @Test
    void theStepsInTheDocumentationLeadToAScorer() throws Exception {
        distribution();
        String page = Files.readString(PAGE);
        String steps = page.substring(page.indexOf("## Your own, in Java"), page.indexOf("**4.**"));
        List<MatchResult> blocks = BLOCK.matcher(steps).results().toList();
        Path source = folder.resolve("my-scorer/src/com/example/PoliteFactory.java");
        assertThat(steps).contains("`" + folder.relativize(source) + "`");
        Files.createDirectories(source.getParent());
        StringBuilder commands = new StringBuilder("set -eu\n");
        for (MatchResult block : blocks) {
            if (block.group(1).equals("java")) {
                Files.writeString(source, block.group(2));
            } else {
                commands.append(block.group(2));
            }
        }

        assertThat(said(commands.toString())).contains("1 of 1 completions scored");
        assertThat(folder.resolve("out.jsonl")).content().contains("\"value\":1.0");
    }

    @Test
    void theExamplesWithoutJavaScoreTheSameFile() throws Exception {
        assumeTrue(said("command -v python3 || echo none").startsWith("/"), "no python3 here");
        distribution();
        Path examples = Files.createDirectories(folder.resolve("docs/scorers"));
        for (String example : List.of("http_scorer.py", "command_scorer.py")) {
            Files.copy(PAGE.resolveSibling("scorers").resolve(example), examples.resolve(example));
        }
        Files.writeString(
                folder.resolve("in.jsonl"),
                "{\"id\": \"1\", \"prompt\": \"Ask for tea.\", \"completion\": \"Tea, please, tea.\"}\n");
        String page = Files.readString(PAGE);
        String section = page.substring(page.indexOf("## Without Java"), page.indexOf("## Built in"));
        List<String> blocks = BLOCK.matcher(section)
                .results()
                .filter(block -> block.group(1).equals("sh"))
                .map(block -> block.group(2))
                .toList();
        assertThat(blocks).hasSize(2);
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }

        assertThat(said("set -eu\n" + blocks.get(0).replace("8600", String.valueOf(port)) + "\nkill $!"))
                .contains("1 of 1 completions scored, mean 1.0");
        assertThat(said("set -eu\n" + blocks.get(1))).contains("1 of 1 completions scored, mean 1.0");
    }

    @Test
    void theTutorialsScoringFunctionScoresWhatTheTutorialShows() throws Exception {
        assumeTrue(said("command -v python3 || echo none").startsWith("/"), "no python3 here");
        distribution();
        String page = Files.readString(PAGE.resolveSibling("tutorial.md"));
        String section = page.substring(page.indexOf("## 2. "), page.indexOf("## 3. "));
        Files.writeString(folder.resolve("kindness.py"), block(section, "python"));
        String console = block(section, "console");
        String command = "";
        String expected = "";
        for (String shown : console.substring(2).split("(?m)^\\$ ")) {
            String[] lines = shown.split("\n", 2);
            if (lines[0].startsWith("cat ") && command.isEmpty()) {
                Files.writeString(folder.resolve(lines[0].substring(4)), lines[1]);
            } else if (lines[0].startsWith("cat ")) {
                assertThat(said(command)).contains(expected);
                assertThat(folder.resolve(lines[0].substring(4))).content().isEqualTo(lines[1]);
                return;
            } else {
                command = lines[0];
                expected = lines[1].strip();
            }
        }
        throw new AssertionError("the tutorial shows no outcome: " + console);
    }

    private static String block(String section, String language) {
        String opening = "```" + language + "\n";
        int from = section.indexOf(opening) + opening.length();
        return section.substring(from, section.indexOf("```", from));
    }

    private String said(String commands) throws Exception {
        File output = folder.resolve("said.txt").toFile();
        Process shell = new ProcessBuilder("sh", "-c", commands)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(output)
                .start();
        int exitCode = shell.waitFor();
        String said = Files.readString(output.toPath());
        assertThat(exitCode).as(said).isZero();
        return said;
    }

    /** The repository as its user has it once it is built: a launcher, and jars in {@code cli/target/counterflow/lib}. */
    private void distribution() throws Exception {
        Path lib = Files.createDirectories(folder.resolve("cli/target/counterflow/lib"));
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes()
                .put(
                        Attributes.Name.CLASS_PATH,
                        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                                .map(entry -> Path.of(entry).toUri().toString())
                                .collect(Collectors.joining(" ")));
        // One jar that names all the others.
        new JarOutputStream(Files.newOutputStream(lib.resolve("all.jar")), manifest).close();
        Path launcher = Files.writeString(
                folder.resolve("counterflow"),
                "#!/bin/sh\nexec '" + Path.of(System.getProperty("java.home"), "bin", "java")
                        + "' -XX:TieredStopAtLevel=1 -cp \"$(dirname \"$0\")/cli/target/counterflow/lib/*\" "
                        + Counterflow.class.getName() + " \"$@\"\n");
        assertThat(launcher.toFile().setExecutable(true)).isTrue();
    }
}
