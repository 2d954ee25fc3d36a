package io.counterflow.scorer.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OrphanTest {

    private static final Limits LIMITS = new Limits(60, 64 << 20, 256 << 20, 16, 1 << 20, 32, 1 << 20);

    @TempDir
    private Path folder;

    @Test
    void aCommandDiesEvenWhenEverythingThatWatchesItIsKilledFirst() throws Exception {
        Sandbox sandbox = Sandbox.detect(true);
        Path sleep = Path.of(Executables.require("sleep"));
        Process process = sandbox.start(
                new SandboxedCommand(List.of(sleep.toString(), "120"), Map.of(), List.of(sleep), false, LIMITS),
                folder);
        ProcessHandle command = sleeping(process);

        process.descendants().filter(p -> p.pid() != command.pid()).forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();

        command.onExit().get(20, TimeUnit.SECONDS);
        assertThat(command.isAlive()).isFalse();
    }

    /** The sandboxed command itself, once it has replaced the programs that prepared its sandbox. */
    private static ProcessHandle sleeping(Process process) throws InterruptedException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < until) {
            var found = process.descendants()
                    .filter(p -> p.info().commandLine().orElse("").matches("\\S*/sleep 120")
                            && p.children().findAny().isEmpty())
                    .findAny();
            if (found.isPresent()) {
                return found.get();
            }
            TimeUnit.MILLISECONDS.sleep(20);
        }
        throw new AssertionError("the command did not start within 20 s, exit code "
                + (process.isAlive() ? "none" : process.exitValue()));
    }
}
