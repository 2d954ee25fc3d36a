package io.counterflow.scorer.sandbox;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Which folders of the machine a command needs to run at all. */
final class VisiblePaths {

    private VisiblePaths() {}

    /** The system's libraries and {@code asked}, without what lies inside another one; outer folders first. */
    static List<Path> of(List<Path> asked) {
        List<Path> paths = new ArrayList<>();
        Stream.concat(
                        Stream.of("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/etc/ld.so.cache")
                                .map(Path::of),
                        asked.stream())
                .map(Path::toAbsolutePath)
                .map(Path::normalize)
                .filter(Files::exists)
                .sorted()
                .forEach(path -> {
                    if (paths.stream().noneMatch(path::startsWith)) {
                        paths.add(path);
                    }
                });
        return paths;
    }
}
