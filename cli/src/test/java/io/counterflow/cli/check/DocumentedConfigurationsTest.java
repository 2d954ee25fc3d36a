package io.counterflow.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.config.Binding;
import io.counterflow.cli.config.ConfigFile;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.scorer.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every YAML example of the documentation, and every configuration that comes with the project, is one that the checks pass. */
class DocumentedConfigurationsTest {

    private static final Path PROJECT = Path.of("..");

    /** What a reader brings: data, models and plug-ins of his own. */
    private static final List<String> READERS_OWN = List.of(
            "there is no folder ",
            " is no folder",
            "there is no file ",
            "there is no plug-in folder ",
            "is not set; it should");

    @TempDir
    private Path folder;

    private record Example(String place, String yaml) {}

    private static List<Example> examples() throws IOException {
        List<Example> examples = new ArrayList<>();
        try (Stream<Path> files = Stream.of("docs", "examples", "compose", "README.md")
                .map(PROJECT::resolve)
                .flatMap(DocumentedConfigurationsTest::below)) {
            for (Path file : files.sorted().toList()) {
                if (file.toString().endsWith(".yaml")) {
                    examples.add(new Example(file.toString(), Files.readString(file)));
                } else if (file.toString().endsWith(".md")) {
                    blocks(file, examples);
                }
            }
        }
        try (var in = ConfigFile.class.getResourceAsStream("/io/counterflow/cli/config/init/run.yaml")) {
            examples.add(new Example("init/run.yaml", new String(in.readAllBytes())));
        }
        return examples;
    }

    private static Stream<Path> below(Path root) {
        try (Stream<Path> files = Files.walk(root)) {
            return files
                    .filter(Files::isRegularFile)
                    .filter(f ->
                            !f.toString().contains("/target/") && !f.toString().contains("/data/"))
                    .toList()
                    .stream();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    private static void blocks(Path file, List<Example> examples) throws IOException {
        StringBuilder block = null;
        int number = 0;
        int begin = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (block == null && line.matches("```ya?ml")) {
                block = new StringBuilder();
                begin = number + 1;
            } else if (block != null && line.equals("```")) {
                examples.add(new Example(file + ":" + begin, block.toString()));
                block = null;
            } else if (block != null) {
                block.append(line).append('\n');
            }
        }
    }

    @Test
    void thereAreExamplesInDocumentsAndInFiles() throws IOException {
        assertThat(examples())
                .extracting(Example::place)
                .hasSizeGreaterThan(10)
                .anyMatch(p -> p.contains("runs.md"))
                .anyMatch(p -> p.endsWith("compose/run.yaml"));
    }

    @TestFactory
    Stream<DynamicTest> everyExampleIsAConfigurationThatTheChecksPass() throws IOException {
        return examples().stream().map(example -> DynamicTest.dynamicTest(example.place(), () -> check(example)));
    }

    private void check(Example example) throws IOException {
        ConfigFile file = ConfigFile.read(Files.writeString(folder.resolve("example.yaml"), example.yaml()));
        if (file.has("scorers")) {
            assertThat(file.bind(Recipe.class).scorers()).isNotEmpty();
            return;
        }
        // A part of a configuration is completed with what the document leaves to its readers.
        boolean whole = file.has("trainer") && file.has("scoring");
        ConfigFile completed = whole ? file : file.withDefault("trainer.model", "stories15m");
        ConfigCheck check = ConfigCheck.of(completed, Scope.FILE, new RunFolders(folder));
        assertThat(check.faults())
                .extracting(Binding.Fault::message)
                .filteredOn(message -> READERS_OWN.stream().noneMatch(message::contains))
                .isEmpty();
        if (whole && !file.has("log")) {
            assertThat(check.remarks()).as("what 'run' would ask for").noneMatch(r -> r.contains("is not set"));
            assertThat(ConfigCheck.of(file, Scope.RUN, new RunFolders(folder)).faults())
                    .extracting(Binding.Fault::message)
                    .filteredOn(message -> READERS_OWN.stream().noneMatch(message::contains))
                    .isEmpty();
        }
    }
}
