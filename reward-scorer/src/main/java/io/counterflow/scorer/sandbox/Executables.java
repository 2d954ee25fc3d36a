package io.counterflow.scorer.sandbox;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
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

    /** Whether a program is installed and says a word when it is called with an option. */
    static boolean says(String name, String option, String word) {
        try {
            Process process = new ProcessBuilder(require(name), option)
                    .redirectErrorStream(true)
                    .start();
            process.getOutputStream().close();
            return new String(process.getInputStream().readNBytes(20_000), StandardCharsets.UTF_8).contains(word);
        } catch (IOException | IllegalStateException e) {
            return false;
        }
    }

    static String require(String name) {
        return find(name)
                .orElseThrow(() -> new IllegalStateException(name + " is not installed"))
                .toString();
    }
}
