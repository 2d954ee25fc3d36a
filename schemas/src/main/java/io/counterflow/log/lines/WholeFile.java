package io.counterflow.log.lines;

import java.io.Closeable;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
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

    private final Path target;
    private final Path part;
    private final FileChannel channel;
    private final OutputStream out;
    private final Thread onExit;
    private volatile boolean committed;

    private WholeFile(Path target, Path part, FileChannel channel) {
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
     * @throws IOException where that cannot be, or another process writes the same file
     */
    public static WholeFile create(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new IOException(file + " is a folder");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            return new WholeFile(file, null, FileChannel.open(file, StandardOpenOption.WRITE));
        }
        Path target = Files.exists(file) ? file.toRealPath() : file.toAbsolutePath();
        Path part = target.resolveSibling(target.getFileName() + ".part");
        FileChannel channel = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (!locked(channel)) {
                throw new IOException("another command is writing " + file);
            }
            channel.truncate(0);
            return new WholeFile(target, part, channel);
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
            public void write(byte[] bytes, int from, int length) throws IOException {
                out.write(bytes, from, length);
            }

            @Override
            public void close() throws IOException {
                flush();
            }
        };
    }

    /** Puts the file into its place. */
    public void commit() throws IOException {
        if (part != null) {
            channel.force(true);
            try {
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (AtomicMoveNotSupportedException e) {
                Files.move(part, target, StandardCopyOption.REPLACE_EXISTING);
            }
        }
        committed = true;
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
