package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Tries sandboxes with a command that does nothing. */
final class Probe {

    private static final Limits SMALL = new Limits(5, 64 << 20, 256 << 20, 16, 1 << 20, 32, 1 << 20);

    private Probe() {}

    /** Whether this program runs as root, seen by who owns what it makes. */
    static boolean runsAsRoot(Path ownFolder) throws IOException {
        return ownFolder.getFileSystem().supportedFileAttributeViews().contains("unix")
                && Integer.valueOf(0).equals(Files.getAttribute(ownFolder, "unix:uid"));
    }

    static Optional<Sandbox> firstThatWorks(List<Sandbox> candidates, Path folder, List<String> tried)
            throws IOException {
        for (Sandbox candidate : candidates) {
            String complaint = complaint(candidate, folder);
            if (complaint.isEmpty()) {
                return Optional.of(candidate);
            }
            tried.add(candidate.description() + ": " + complaint);
        }
        return Optional.empty();
    }

    /** Nothing when the command ran to its end, else why not. */
    private static String complaint(Sandbox sandbox, Path folder) throws IOException {
        Path program = Path.of(Executables.require("true"));
        Process process = sandbox.start(
                new SandboxedCommand(List.of(program.toString()), Map.of(), List.of(program), false, SMALL), folder);
        try {
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                return "a command that does nothing did not end within 20 s";
            }
            String said = new String(process.getInputStream().readNBytes(2000), StandardCharsets.UTF_8).strip();
            return process.exitValue() == 0 ? "" : said.isEmpty() ? "exit code " + process.exitValue() : said;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while trying " + sandbox.description(), e);
        } finally {
            Sandbox.kill(process);
        }
    }
}
