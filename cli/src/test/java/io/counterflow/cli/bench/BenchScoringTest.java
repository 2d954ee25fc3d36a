package io.counterflow.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.Counterflow;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class BenchScoringTest {

    /** That everything is measured and every program right; how fast is for a person to read. */
    @Test
    void everyPartIsMeasuredBesideItsRival() {
        StringWriter out = new StringWriter();
        int exitCode = Counterflow.commandLine()
                .setOut(new PrintWriter(out))
                .execute(
                        "bench",
                        "scoring",
                        "--programs",
                        "20",
                        "--completions",
                        "80",
                        "--call-millis",
                        "1",
                        "--allow-unsandboxed");
        assertThat(exitCode).isZero();
        assertThat(out.toString())
                .containsPattern("unit-tests, Java +[0-9.]+ programs/s")
                .containsPattern("java Main.java +[0-9.]+ programs/s")
                .containsPattern("service, 2 instances +[0-9.]+ completions/s.*scored by each \\[\\d+, \\d+]");
    }
}
