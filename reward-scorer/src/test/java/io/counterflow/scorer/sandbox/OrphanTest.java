package io.counterflow.scorer.sandbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Nothing that a sandbox started outlives it, however and whenever it ends. Processes are found by a word in their environment. */
class OrphanTest {

    private static final Limits LIMITS = new Limits(60, 64 << 20, 256 << 20, 16, 1 << 20, 32, 1 << 20);
    private static final String MARK = "COUNTERFLOW_ORPHAN_TEST";

    private final String mark = UUID.randomUUID().toString();

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource({
        "bubblewrap, true",
        "bubblewrap, false",
        "namespaces, true",
        "namespaces, false",
        "none, true",
        "none, false"
    })
    void nothingIsLeftOfACommandThatIsKilledWhileItComesUp(String isolation, boolean reads) throws Exception {
        Sandbox sandbox = SandboxChoice.of(isolation, folder);
        long seed = System.nanoTime();
        Random random = new Random(seed);

        for (int i = 0; i < 60; i++) {
            Process process = sandbox.start(sleep(reads), Files.createDirectory(folder.resolve("root-" + i)));
            // All stages of coming up: they take some 20 ms together.
            LockSupport.parkNanos(random.nextInt(30_000_000));
            Sandbox.kill(process);
        }

        assertThat(leftAfterAWhile()).as("left, seed %d", seed).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "bubblewrap, true",
        "bubblewrap, false",
        "namespaces, true",
        "namespaces, false",
        "none, true",
        "none, false"
    })
    void nothingIsLeftOfCommandsWhoseOwnerIsKilledWhileTheyComeUp(String isolation, boolean reads) throws Exception {
        assertThat(SandboxChoice.of(isolation, Files.createDirectory(folder.resolve("choice"))))
                .as("the sandbox, without which the test is skipped")
                .isNotNull();
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Long> owners = new ArrayList<>();
        // Found now: whoever looks for control groups removes those of owners that are gone.
        List<Path> parents = ControlGroups.find(Path.of("/sys/fs/cgroup"), Path.of("/proc/self/cgroup"))
                .map(ControlGroups::parents)
                .orElse(List.of());

        for (int i = 0; i < 3; i++) {
            Process owner = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin/java").toString(),
                            "-XX:TieredStopAtLevel=1",
                            "-Xshare:auto",
                            "-cp",
                            System.getProperty("java.class.path"),
                            SandboxOwner.class.getName(),
                            isolation,
                            Boolean.toString(reads),
                            Files.createDirectory(folder.resolve("owner-" + i)).toString(),
                            MARK,
                            mark)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            try (BufferedReader said = owner.inputReader(StandardCharsets.UTF_8)) {
                assertThat(said.readLine()).isEqualTo("starting");
                LockSupport.parkNanos(random.nextInt(150_000_000));
                owner.destroyForcibly().waitFor();
            }
            owners.add(owner.pid());
        }

        assertThat(leftAfterAWhile()).as("left, seed %d", seed).isEmpty();
        // Of each owner at most those of the command that it was about to start: nobody knew of them yet.
        assertThat(groupsAfterAWhile(parents, owners))
                .as("groups, seed %d", seed)
                .hasSizeLessThanOrEqualTo(owners.size() * parents.size());
        ControlGroups.find(Path.of("/sys/fs/cgroup"), Path.of("/proc/self/cgroup"));
        assertThat(groups(parents, owners))
                .as("groups after the next start, seed %d", seed)
                .isEmpty();
    }

    @Test
    void aCommandDiesEvenWhenEverythingThatWatchesItIsKilledFirst() throws Exception {
        Sandbox sandbox = Sandbox.detect(true);
        Process process = sandbox.start(sleep(false), folder);
        ProcessHandle command = sleeping(process);

        process.descendants().filter(p -> p.pid() != command.pid()).forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();

        command.onExit().get(20, TimeUnit.SECONDS);
        assertThat(command.isAlive()).isFalse();
        assertThat(leftAfterAWhile()).isEmpty();
    }

    private SandboxedCommand sleep(boolean reads) {
        return sleep(reads, Map.of(MARK, mark));
    }

    static SandboxedCommand sleep(boolean reads, Map<String, String> environment) {
        Path sleep = Path.of(Executables.require("sleep"));
        return new SandboxedCommand(
                List.of(sleep.toString(), "120"), environment, List.of(sleep), false, reads, LIMITS);
    }

    /** The command lines of our processes that are still there after as long as their end may take. */
    private List<String> leftAfterAWhile() throws IOException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        List<String> left = left();
        while (!left.isEmpty() && System.nanoTime() < until) {
            LockSupport.parkNanos(50_000_000);
            left = left();
        }
        return left;
    }

    private List<String> left() throws IOException {
        List<String> left = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                // Nothing can be read of a process that has ended and waits to be asked for its exit code.
                if (read(process.resolve("environ")).contains(MARK + "=" + mark)) {
                    left.add(process.getFileName() + ": "
                            + read(process.resolve("cmdline")).replace('\0', ' ') + " in "
                            + read(process.resolve("wchan")));
                }
            }
        }
        return left;
    }

    /** The control groups of owners that are still there after as long as their end may take. */
    private static List<Path> groupsAfterAWhile(List<Path> parents, List<Long> owners) throws IOException {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        List<Path> left = groups(parents, owners);
        while (left.size() > owners.size() * parents.size() && System.nanoTime() < until) {
            LockSupport.parkNanos(50_000_000);
            left = groups(parents, owners);
        }
        return left;
    }

    private static List<Path> groups(List<Path> parents, List<Long> owners) throws IOException {
        List<Path> left = new ArrayList<>();
        for (Path parent : parents) {
            for (long owner : owners) {
                try (DirectoryStream<Path> own = Files.newDirectoryStream(parent, "counterflow-" + owner + "-*")) {
                    own.forEach(left::add);
                }
            }
        }
        return left;
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            return "";
        }
    }

    /** The sandboxed command itself, once it has replaced the programs that prepared its sandbox. */
    private static ProcessHandle sleeping(Process process) {
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (System.nanoTime() < until) {
            var found = process.descendants()
                    .filter(p -> p.info().commandLine().orElse("").matches("\\S*/sleep 120")
                            && p.children().findAny().isEmpty())
                    .findAny();
            if (found.isPresent()) {
                return found.get();
            }
            LockSupport.parkNanos(20_000_000);
        }
        throw new AssertionError("the command did not start within 20 s, exit code "
                + (process.isAlive() ? "none" : process.exitValue()));
    }
}
