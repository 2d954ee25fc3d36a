package io.counterflow.files;

import java.io.Closeable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;

/**
 * A file that is there whole or not at all: written beside as {@code NAME.part}, synced, and renamed into place by {@link #commit}. Closed without
 * it, and on Ctrl-C, the part is removed and what was there before stays; a part that a killed process left is written over by the next. Where the
 * name is no regular file (a pipe, {@code /dev/stdout}), it is written to as it is. One thread.
 */
public final class WholeFile implements Closeable {

    private final Path file;
    private final Path target;
    private final Path part;
    private final FileChannel channel;
    private final OutputStream out;
    private final Thread onExit;
    private volatile boolean committed;

    private WholeFile(Path file, Path target, Path part, FileChannel channel) {
        this.file = file;
        this.target = target;
        this.part = part;
        this.channel = channel;
        this.out = Channels.newOutputStream(channel);
        this.onExit = new Thread(this::deletePart, "remove " + part);
        if (part != null) {
            Runtime.getRuntime().addShutdownHook(onExit);
        }
    }

    /**
     * Begins to write.
     *
     * @throws IOException where that cannot be, or another process writes the same file; it names the file
     */
    public static WholeFile create(Path file) throws IOException {
        try {
            return begun(file);
        } catch (IOException e) {
            throw FileAccessException.writing(file, e);
        }
    }

    /** Writes all of a file at once. */
    public static void write(Path file, byte[] bytes) throws IOException {
        try (WholeFile whole = create(file)) {
            whole.out().write(bytes);
            whole.commit();
        }
    }

    /** Writes all of a text at once, in UTF-8. */
    public static void write(Path file, String text) throws IOException {
        write(file, text.getBytes(StandardCharsets.UTF_8));
    }

    private static WholeFile begun(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException("it is a folder");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            return new WholeFile(file, file, null, FileChannel.open(file, StandardOpenOption.WRITE));
        }
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        Path part = target.resolveSibling(target.getFileName() + ".part");
        FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (!locked(channel)) {
                throw new IOException("another command is writing it");
            }
            channel.truncate(0);
            return new WholeFile(file, target, part, channel);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static boolean locked(FileChannel channel) {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        } catch (IOException e) {
            // A file system without locks.
            return true;
        }
    }

    /** Where to write; closing it closes nothing. */
    public OutputStream out() {
        return new FilterOutputStream(out) {
            @Override
            public void write(int one) throws IOException {
                write(new byte[] {(byte) one}, 0, 1);
            }

            @Override
            public void write(byte[] bytes, int from, int length) throws IOException {
                try {
                    out.write(bytes, from, length);
                } catch (IOException e) {
                    throw FileAccessException.writing(file, e);
                }
            }

            @Override
            public void close() throws IOException {
                flush();
            }
        };
    }

    /** Puts the file into its place. */
    public void commit() throws IOException {
        try {
            rename();
        } catch (IOException e) {
            throw FileAccessException.writing(file, e);
        }
        committed = true;
    }

    private void rename() throws IOException {
        if (part != null) {
            channel.force(true);
            try {
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
            }
            FileTree.syncOne(target.getParent());
        }
    }

    @Override
    public void close() throws IOException {
        if (part != null) {
            deletePart();
            try {
                Runtime.getRuntime().removeShutdownHook(onExit);
            } catch (IllegalStateException e) {
                // The process is ending, and the hook runs.
            }
        }
        channel.close();
    }

    private synchronized void deletePart() {
        if (!committed) {
            try {
                Files.deleteIfExists(part);
            } catch (IOException e) {
                // What kept it from being written is on its way already.
            }
        }
    }
}
