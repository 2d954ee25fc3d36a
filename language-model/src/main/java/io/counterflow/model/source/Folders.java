package io.counterflow.model.source;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Folders that are there whole or not at all: filled beside their place, then renamed into it. */
final class Folders {
    private Folders() {}

    /**
     * Fills a folder. If that fails nothing is left; if another process was faster its folder stays.
     *
     * @param fill fills the empty folder that it is given
     */
    static void createWhole(Path folder, Consumer<Path> fill) {
        try {
            Files.createDirectories(folder.toAbsolutePath().getParent());
            Path aside =
                    Files.createTempDirectory(folder.toAbsolutePath().getParent(), folder.getFileName() + ".part-");
            try {
                fill.accept(aside);
                if (!Files.isDirectory(folder)) {
                    move(aside, folder);
                }
            } finally {
                delete(aside);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the folder " + folder, e);
        }
    }

    private static void move(Path aside, Path folder) throws IOException {
        try {
            Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(aside, folder);
        }
    }

    /** Deletes a folder and everything in it; what is not there is fine. */
    static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        List<Path> all;
        try (Stream<Path> tree = Files.walk(folder)) {
            all = tree.sorted(Comparator.reverseOrder()).toList();
        }
        for (Path path : all) {
            Files.deleteIfExists(path);
        }
    }
}
