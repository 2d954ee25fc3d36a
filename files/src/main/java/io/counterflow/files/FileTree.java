package io.counterflow.files;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder with everything in it. Links in it are links: what they lead to is neither deleted nor synced. */
public final class FileTree {

    private FileTree() {}

    /** How something comes to be on the disk itself. */
    @FunctionalInterface
    interface Sync {
        void sync(Path path) throws IOException;
    }

    /** Deletes a folder, or a file; what is not there is fine. */
    public static void delete(Path folder) throws IOException {
        for (Path path : innermostFirst(folder)) {
            Files.deleteIfExists(path);
        }
    }

    /** Forces everything to the disk, innermost first: a loss of power after this takes none of it. */
    public static void sync(Path folder) throws IOException {
        sync(folder, FileTree::syncOne);
    }

    static void sync(Path folder, Sync sync) throws IOException {
        for (Path path : innermostFirst(folder)) {
            if (!Files.isSymbolicLink(path)) {
                sync.sync(path);
            }
        }
    }

    /** Forces one file's content, or a folder's list of names, to the disk. */
    public static void syncOne(Path path) throws IOException {
        boolean isWindows = System.getProperty("os.name").startsWith("Windows");
        if (isWindows && Files.isDirectory(path)) {
            // Cannot be opened there.
            return;
        }
        // Elsewhere a file that may not be written, as copies of such files are, can be synced all the same.
        try (FileChannel channel =
                FileChannel.open(path, isWindows ? StandardOpenOption.WRITE : StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static List<Path> innermostFirst(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
            return List.of();
        }
        try (Stream<Path> tree = Files.walk(folder)) {
            return tree.sorted(Comparator.reverseOrder()).toList();
        }
    }
}
