package io.counterflow.cli.verify;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The small version of {@code counterflow verify-replay}. */
class VerifyReplayTest {

    private static final long SEED = System.nanoTime();

    @TempDir
    Path directory;

    @Test
    void aJobWhoseEveryPartIsKilledEndsWithTheBytesOfOneThatNeverWas() throws Exception {
        List<String> said = new ArrayList<>();

        List<String> faults = new VerifyReplay(new Drill(directory, 24, 4, 1, 1, 1, null, SEED), said::add).run();

        assertThat(faults).as(() -> String.join("\n", said)).isEmpty();
        assertThat(said)
                .as(() -> "seed " + SEED)
                .anyMatch(line ->
                        line.contains("the trainer 2 times, the broker 1 time, the Streams applications 1 time"))
                .anyMatch(line -> line.contains("policies [0, 6, 12, 18, 24] evaluated through the log"))
                .anyMatch(line ->
                        line.matches("holds +near-online: every group up to where it stopped learned from once.*"))
                .anyMatch(line -> line.matches("holds +killed: every group exactly once in each of 2 passes.*"))
                .anyMatch(line -> line.matches("holds +optimizer.safetensors +never killed.*"));
    }
}
