package io.counterflow.files;

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
import java.util.function.Consumer;

/** Folders that are there whole or not at all: filled beside their place, synced, then renamed into it. */
public final class WholeFolder {
    private WholeFolder() {}

    /**
     * Fills a folder unless it is there. If that fails nothing is left; once this has returned, a loss of power takes nothing. Processes that
     * want the same folder take turns.
     *
     * @param fill fills the empty folder that it is given
     * @throws UncheckedIOException if the disk refuses, or another thread is at it
     */
    public static void create(Path folder, Consumer<Path> fill) {
        create(folder, fill, FileTree::syncOne);
    }

    static void create(Path folder, Consumer<Path> fill, FileTree.Sync sync) {
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
                FileTree.delete(aside);
                Files.createDirectory(aside);
                try {
                    fill.accept(aside);
                    FileTree.sync(aside, sync);
                    move(aside, folder);
                } finally {
                    FileTree.delete(aside);
                }
                sync.sync(parent);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot make the folder " + folder, e);
        } catch (OverlappingFileLockException e) {
            throw new UncheckedIOException(
                    "cannot make the folder " + folder, new IOException("another thread is making it", e));
        }
    }

    private static void move(Path aside, Path folder) throws IOException {
        try {
            Files.move(aside, folder, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(aside, folder);
        }
    }
}
