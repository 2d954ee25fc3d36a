package io.counterflow.scorer.unittests;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Where a JDK's files are. */
final class JavaHome {

    private JavaHome() {}

    /** The JDK, what its configuration's symbolic links point to (distributions keep that under /etc), and {@code more}. */
    static List<Path> visible(Path home, Path... more) {
        List<Path> paths = new ArrayList<>(List.of(home));
        paths.addAll(List.of(more));
        for (String folder : List.of("conf", "lib")) {
            try (Stream<Path> files = Files.walk(home.resolve(folder), 3)) {
                for (Path link : files.filter(Files::isSymbolicLink).toList()) {
                    Path target = link.getParent()
                            .resolve(Files.readSymbolicLink(link))
                            .normalize();
                    if (!target.startsWith(home) && Files.exists(target)) {
                        paths.add(target);
                    }
                }
            } catch (IOException e) {
                throw new UncheckedIOException("cannot look into the JDK at " + home, e);
            }
        }
        return paths;
    }
}
