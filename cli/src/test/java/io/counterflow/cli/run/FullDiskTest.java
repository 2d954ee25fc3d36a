package io.counterflow.cli.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.counterflow.cli.Counterflow;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk that becomes full under the broker: a small file system in memory, which only root may mount. */
class FullDiskTest {

    /** Just enough for the broker to begin. */
    private static final int MEGABYTES = 270;

    @TempDir
    private Path folder;

    private Path disk;

    @BeforeEach
    void mountASmallDisk() throws Exception {
        disk = Files.createDirectories(folder.resolve("disk"));
        assumeThat(ran("mount", "-t", "tmpfs", "-o", "size=" + MEGABYTES + "m", "tmpfs", disk.toString()))
                .as("a tmpfs can be mounted here, which root may")
                .isTrue();
    }

    @AfterEach
    void unmountIt() throws Exception {
        ran("umount", "--lazy", disk.toString());
    }

    private static boolean ran(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return process.waitFor(60, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    @Test
    @Timeout(600)
    void theCommandEndsWithTheBrokersReasonAndNotWithWhatItsClientsSay() throws Exception {
        Path prompts = folder.resolve("prompts.jsonl");
        try (BufferedWriter out = Files.newBufferedWriter(prompts)) {
            SplittableRandom random = new SplittableRandom(5);
            byte[] bytes = new byte[3_000];
            for (int i = 0; i < 110_000; i++) {
                // Text that compression makes little smaller: more than the disk has, whatever the broker leaves of it.
                random.nextBytes(bytes);
                out.write("{\"prompt\": \"" + i + " " + Base64.getEncoder().encodeToString(bytes) + "\"}\n");
            }
        }
        StringWriter err = new StringWriter();
        int code = Counterflow.commandLine()
                .setErr(new PrintWriter(err))
                .execute(
                        "import",
                        "prompts",
                        prompts.toString(),
                        "--task",
                        "t",
                        "--data",
                        disk.resolve("data").toString());
        assertThat(code).isEqualTo(1);
        assertThat(err.toString())
                .startsWith("counterflow: the embedded broker gave up: the disk of its data directory "
                        + disk.resolve("data/kafka") + " is full")
                .hasLineCount(1);
    }
}
