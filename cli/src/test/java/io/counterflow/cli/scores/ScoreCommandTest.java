package io.counterflow.cli.scores;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.Counterflow;
import java.io.PrintWriter;
import java.io.RandomAccessFile;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScoreCommandTest {

    @TempDir
    Path folder;

    private final StringWriter err = new StringWriter();

    private int score(String settings, String... more) throws Exception {
        return scoreWith("length", settings, more);
    }

    private int scoreWith(String scorer, String settings, String... more) throws Exception {
        Path input = Files.writeString(
                folder.resolve("in.jsonl"), "{\"id\": \"1\", \"prompt\": \"p\", \"completion\": \"one two three\"}\n");
        String[] command = {
            "score",
            "--scorer",
            scorer,
            "--settings",
            Files.writeString(folder.resolve("settings.yaml"), settings).toString(),
            "--input",
            input.toString(),
            "--output",
            folder.resolve("out.jsonl").toString()
        };
        String[] all = new String[command.length + more.length];
        System.arraycopy(command, 0, all, 0, command.length);
        System.arraycopy(more, 0, all, command.length, more.length);
        return Counterflow.commandLine().setErr(new PrintWriter(err)).execute(all);
    }

    @Test
    void settingsComeFromAFileAndTheCommandLineWins() throws Exception {
        assertThat(score("unit: characters\n")).isZero();
        assertThat(folder.resolve("out.jsonl")).content().contains("\"value\":13.0");
        assertThat(score("unit: characters\n", "--setting", "unit=words")).isZero();
        assertThat(folder.resolve("out.jsonl")).content().contains("\"value\":3.0");
    }

    @Test
    void aFileWithoutALineIsRefusedAndWhatWasThereBeforeStays() throws Exception {
        Path before = Files.writeString(folder.resolve("out.jsonl"), "of an earlier call");
        Path empty = Files.writeString(folder.resolve("empty.jsonl"), "\n\n");

        assertThat(Counterflow.commandLine()
                        .setErr(new PrintWriter(err))
                        .execute(
                                "score",
                                "--scorer",
                                "length",
                                "--input",
                                empty.toString(),
                                "--output",
                                before.toString()))
                .isEqualTo(1);

        assertThat(err.toString())
                .isEqualToIgnoringNewLines(
                        "counterflow: " + empty + " has no line that is not empty, so there is nothing to score");
        assertThat(before).content().isEqualTo("of an earlier call");
    }

    @Test
    void aSettingThatTheScorerDoesNotKnowIsOneLine() throws Exception {
        assertThat(score("unti: words\n")).isEqualTo(1);
        assertThat(err.toString())
                .contains("settings of scorer length: unknown key 'unti'; known are [max, min, unit]")
                .hasLineCount(1);
    }

    @Test
    void aPlaceThatCannotBeWrittenIsNamedOnce() throws Exception {
        Path nowhere = folder.resolve("none").resolve("out.jsonl");
        assertThat(score("unit: words\n", "--output", nowhere.toString())).isNotZero();
        assertThat(Counterflow.commandLine()
                        .setErr(new PrintWriter(err))
                        .execute(
                                "score",
                                "--scorer",
                                "length",
                                "--input",
                                folder.resolve("in.jsonl").toString(),
                                "--output",
                                nowhere.toString()))
                .isEqualTo(1);
        assertThat(err.toString().lines().reduce((before, last) -> last))
                .hasValue("counterflow: cannot write " + nowhere + ": there is no folder " + folder.resolve("none"));
    }

    @Test
    void weightsThatAreNoNumbersScoreNothingAndAreNamed() throws Exception {
        Path model = Files.createDirectory(folder.resolve("model"));
        Path fixture = Path.of("../checkpoints/src/test/resources/fixtures/tiny-reward-model");
        for (String name : List.of("config.json", "tokenizer.json", "tokenizer_config.json", "model.safetensors")) {
            Files.copy(fixture.resolve(name), model.resolve(name));
        }
        // The last of the file's numbers, little-endian.
        try (RandomAccessFile weights =
                new RandomAccessFile(model.resolve("model.safetensors").toFile(), "rw")) {
            weights.seek(weights.length() - 4);
            weights.writeInt(Integer.reverseBytes(Float.floatToIntBits(Float.NaN)));
        }

        assertThat(scoreWith("reward-model", "model: " + model + "\n")).isEqualTo(1);
        assertThat(folder.resolve("out.jsonl"))
                .content()
                .contains("\"failed\"", "the logits of the model in " + model + " are no numbers", "holds NaN");
    }
}
