package io.counterflow.model.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Folders that are there whole or not at all: filled beside their place, then renamed into it. */
public final class WholeFolder {
    private WholeFolder() {}

    /**
     * Fills a folder unless it is there. If that fails nothing is left; processes that want the same folder take turns.
     *
     * @param fill fills the empty folder that it is given
     * @throws CheckpointException if another thread is at it
     * @throws UncheckedIOException if the disk refuses
     */
    public static void create(Path folder, Consumer<Path> fill) {
        Path parent = folder.toAbsolutePath().getParent();
        Path aside = parent.resolve(folder.getFileName() + ".part");
        Path lockFile = parent.resolve("." + folder.getFileName() + ".lock");
        try {
            Files.createDirectories(parent);
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (Files.isDirectory(folder)) {
                    return;
                }
                // Left by a process that was killed.
                delete(aside);
                Files.createDirectory(aside);
                try {
                    fill.accept(aside);
                    move(aside, folder);
                } finally {
                    delete(aside);
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the folder " + folder, e);
        } catch (OverlappingFileLockException e) {
            throw new CheckpointException("another thread is making the folder " + folder, e);
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
    public static void delete(Path folder) throws IOException {
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
