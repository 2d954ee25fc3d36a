package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;

/**
 * A file that holds the {@link SystemCallFilter} of this machine for as long as this program runs.
 *
 * @param path where it is
 */
record FilterFile(Path path) {

    /** Writes it, or nothing where no filter is known for this machine. */
    static Optional<FilterFile> write() throws IOException {
        Optional<byte[]> program = SystemCallFilter.of(System.getProperty("os.arch"));
        if (program.isEmpty()) {
            return Optional.empty();
        }
        Path file = Files.createTempFile("counterflow-seccomp-", ".bpf");
        Files.write(file, program.get());
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r--r--"));
        file.toFile().deleteOnExit();
        return Optional.of(new FilterFile(file));
    }
}
