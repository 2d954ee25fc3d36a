package io.counterflow.cli.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.Counterflow;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class BenchModelCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    @Test
    void withoutPythonTheTableSaysWhatWasNotCompared() {
        assertThat(run("--shape", "1m", "--precision", "float32", "--threads", "1", "--python", "no-such-python"))
                .as("%s", err)
                .isZero();
        assertThat(out.toString())
                .contains("none of [no-such-python] has PyTorch", "train 8 x 128", "sample 64, batch 1 ")
                .containsPattern("sample 64, batch 32 │ counterflow │ +[0-9,]+ │ +- │");
    }

    @Test
    void anUnknownShapeIsRefused() {
        assertThat(run("--shape", "7b")).isEqualTo(2);
        assertThat(err.toString()).contains("There is no shape '7b'; there are [1m, 15m, 135m]");
    }

    private int run(String... arguments) {
        CommandLine commandLine = Counterflow.commandLine();
        commandLine.setOut(new PrintWriter(out, true));
        commandLine.setErr(new PrintWriter(err, true));
        String[] all = new String[arguments.length + 2];
        all[0] = "bench";
        all[1] = "model";
        System.arraycopy(arguments, 0, all, 2, arguments.length);
        return commandLine.execute(all);
    }
}
