package io.counterflow.scorer.sandbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Finds programs of the machine. */
public final class Executables {

    private Executables() {}

    /** The first program of this name in the folders of PATH and in the system's own, as an absolute path. */
    public static Optional<Path> find(String name) {
        String path = System.getenv("PATH") == null ? "" : System.getenv("PATH");
        return Stream.concat(Stream.of(path.split(":")), Stream.of("/usr/sbin", "/usr/bin", "/sbin", "/bin"))
                .filter(folder -> folder.startsWith("/"))
                .map(folder -> Path.of(folder, name))
                .filter(Files::isExecutable)
                .filter(Files::isRegularFile)
                .findFirst();
    }

    static String require(String name) {
        return find(name)
                .orElseThrow(() -> new IllegalStateException(name + " is not installed"))
                .toString();
    }
}
