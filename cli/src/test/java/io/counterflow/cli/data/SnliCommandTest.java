package io.counterflow.cli.data;

import static org.assertj.core.api.Assertions.assertThat;

import io.counterflow.cli.Counterflow;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the command says where the archive cannot be had. */
class SnliCommandTest {

    @TempDir
    Path folder;

    private record Said(int exitCode, String err) {}

    @Test
    void anAddressThatCannotBeReachedIsNamedWithWhatElseCanBeGiven() throws Exception {
        String address = "http://localhost:" + freePort() + "/snli_1.0.zip";
        Said said = fetch(address);

        assertThat(said.exitCode).isEqualTo(1);
        assertThat(said.err)
                .contains("counterflow: cannot fetch " + address
                        + ": cannot reach localhost: it refuses the connection; --url")
                .contains("--url names a mirror, or a snli_1.0.zip that is here")
                .hasLineCount(1);
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void aFileThatIsNotTheArchiveIsRefused() throws Exception {
        Path file = Files.writeString(folder.resolve("other.zip"), "PK");

        assertThat(fetch(file.toString()).err)
                .isEqualTo("counterflow: " + file
                        + " has 2 bytes instead of 94550081; it is not SNLI 1.0, or was not fetched to its end\n");
        assertThat(fetch(file.toUri().toString()).err).contains("other.zip has 2 bytes instead of 94550081");
        assertThat(fetch("not-here.zip")).isEqualTo(new Said(1, "counterflow: there is no file not-here.zip\n"));
        assertThat(folder.resolve("out")).doesNotExist();
    }

    @Test
    void anAddressThatIsNoneIsRefused() {
        assertThat(fetch("http:// /x").err).contains("counterflow: ").hasLineCount(1);
        assertThat(fetch("https:///x").err)
                .contains("\"https:///x\" is no address")
                .hasLineCount(1);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private Said fetch(String url) {
        StringWriter err = new StringWriter();
        int exitCode = Counterflow.commandLine()
                .setErr(new PrintWriter(err))
                .execute(
                        "data",
                        "snli",
                        "--url",
                        url,
                        "--output",
                        folder.resolve("out/pairs.jsonl").toString());
        return new Said(exitCode, err.toString());
    }
}
