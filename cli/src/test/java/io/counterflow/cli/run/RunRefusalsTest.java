package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.Counterflow;
import io.counterflow.cli.log.RunFolders;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.LlamaShape;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.tokenizer.WordLevelTokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs that cannot begin: what is said, and that nothing is left of them. */
class RunRefusalsTest {

    @TempDir
    private Path folder;

    private final StringWriter err = new StringWriter();

    @Test
    void whatIsMissingIsSaidBeforeAnythingStarts() throws Exception {
        Path config = write("incomplete.yaml", Stream.of("trainer: {model: " + model() + "}"));
        assertThat(execute("run", "--config", config.toString())).isEqualTo(2);
        assertThat(err.toString()).contains("scoring.scorers is not set");
        Path unknown = write(
                "unknown.yaml", Stream.of("trainer: {model: x, step: 3}", "scoring: {scorers: [{kind: length}]}"));
        assertThat(execute(
                        "run", "--config", unknown.toString(), "--set", "trainer.steps=2", "--set", "producer.task=t"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("unknown key 'trainer.step'; did you mean 'steps'?");
        assertThat(data().resolve("kafka")).doesNotExist();
    }

    @Test
    void aRunThatCouldNotBeginLeavesItsNameFree() throws Exception {
        Path prompts = write("prompts.jsonl", Stream.of("{\"prompt\": \"a\"}", "{\"prompt\": \"b\"}"));
        Path config = write(
                "run.yaml",
                Stream.of(
                        "prompts: [{file: " + prompts + "}]",
                        "producer: {groupSize: 2, sampling: {maxTokens: 4}}",
                        "scoring: {scorers: [{kind: length}]}",
                        "trainer: {model: " + model() + ", steps: 1, batch: {groups: 2}}"));
        Path empty = write("empty.jsonl", Stream.of(""));
        Path broken = write("broken.jsonl", Stream.of("not JSON"));
        List<String> begin = List.of("run", "--config", config.toString(), "--run", "mine", "--set");
        String said = "prompts=[{file: '%s'%s}]";
        assertThat(refused(begin, said.formatted(empty, ""))).contains(empty + " has no prompts\n");
        assertThat(refused(begin, said.formatted(broken, ", onBadLine: skip")))
                .contains(broken + " has no prompts: all of its lines are broken, the first at line 1: not JSON");
        assertThat(refused(begin, said.formatted(folder.resolve("nowhere"), "")))
                .contains("there is no file " + folder.resolve("nowhere") + "\n");
        assertThat(refused(begin, "assembler.recipe.scorers=[{scorer: lenght}]"))
                .contains("assembler.recipe names [lenght@1], but scoring.scorers has only [length@1]");
        assertThat(refused(begin, "trainer.batch.groups=1.5")).contains("trainer.batch.groups: '1.5' is not");
        assertThat(refused(List.of("run", "--config", config.toString(), "--run", "a/b", "--set"), "trainer.steps=1"))
                .contains("--run a/b: a run's name has letters");

        assertThat(refused(begin, "producer.sampling.maxTokens=32"))
                .contains("maxTokens is 32, and the model's context of 32 tokens has no room for a prompt");
    }

    /** What is said of a run that cannot begin, of which nothing may be left. */
    private String refused(List<String> command, String setting) {
        err.getBuffer().setLength(0);
        assertThat(execute(Stream.concat(command.stream(), Stream.of(setting)).toArray(String[]::new)))
                .as(setting)
                .isNotZero();
        if (!setting.contains("maxTokens")) {
            assertThat(new RunFolders(data()).run("mine").folder()).as(setting).doesNotExist();
        }
        return err.toString();
    }

    private int execute(String... arguments) {
        String[] all = Stream.concat(Stream.of(arguments), Stream.of("--data", data().toString()))
                .toArray(String[]::new);
        return Counterflow.commandLine().setErr(new PrintWriter(err, true)).execute(all);
    }

    private Path data() {
        return folder.resolve("data");
    }

    private Path write(String name, Stream<String> lines) throws IOException {
        return Files.writeString(folder.resolve(name), lines.collect(Collectors.joining("\n", "", "\n")));
    }

    private Path model() throws IOException {
        Path model = Files.createDirectories(folder.resolve("model"));
        int vocabulary = WordLevelTokenizer.write(model, List.of("a", "b"));
        ModelConfig config = new LlamaShape(vocabulary, 16, 32, 1, 2, 2, 32, true).config(1, 2, 0);
        try (LanguageModel made = LanguageModel.initialise(config, model, 3, ModelOptions.inference())) {
            made.save(model);
        }
        return model;
    }
}
