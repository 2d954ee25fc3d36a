package io.counterflow.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.Counterflow;
import io.counterflow.model.bench.ResidentMemory;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class BenchSoakCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @TempDir
    private Path folder;

    @BeforeEach
    void needsTheSystemsWord() {
        Assumptions.assumeTrue(ResidentMemory.kilobytes().isPresent(), "the system says how large the resident set is");
    }

    @Test
    void memoryIsReadAtEqualDistancesAndDrawn() throws Exception {
        Path picture = folder.resolve("memory.png");
        assertThat(run("--rounds", "8", "--warm-up", "2", "--readings", "4", "--limit-mb", "4000", "-o", "" + picture))
                .as(err.toString())
                .isZero();
        assertThat(out.toString())
                .containsPattern("║ +0 │ +[0-9.]+ │ +\\+0.0 ║")
                .containsPattern("(?s)║ +2 │.*║ +4 │.*║ +6 │.*║ +8 │.*flat: [+-][0-9.]+ MiB over 8 rounds");
        assertThat(ImageIO.read(picture.toFile()).getWidth()).isEqualTo(1440);
    }

    @Test
    void growthIsTheDistanceFromTheFirstReadingToTheLast() {
        SoakReadings readings = new SoakReadings();
        readings.add(0, 1000);
        readings.add(5, 9000);
        readings.add(10, 4000);
        assertThat(readings.growthKilobytes()).isEqualTo(3000);
    }

    @Test
    void whatCannotBeDoneIsRefusedBeforeTheWorkBegins() {
        assertThat(run("--rounds", "0")).isEqualTo(2);
        assertThat(run("--shape", "7b")).isEqualTo(2);
        assertThat(run("-o", "memory.gif")).isEqualTo(2);
        assertThat(err.toString())
                .contains("--rounds is 0; it must be 1 or more", "There is no shape '7b'", "name it .png or .svg");
    }

    private int run(String... arguments) {
        CommandLine commandLine = Counterflow.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        String[] all = new String[arguments.length + 2];
        all[0] = "bench";
        all[1] = "soak";
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return commandLine.execute(all);
    }
}
