package io.counterflow.trainer.checkpoint;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Keeps a second trainer out of a run's folder. The operating system gives the lock back when the process dies. */
public final class RunLock implements AutoCloseable {

    private static final String FILE = "lock";

    private final FileChannel channel;
    private final FileLock lock;

    private RunLock(FileChannel channel, FileLock lock) {
        this.channel = channel;
        this.lock = lock;
    }

    /** The lock on a run's folder, or empty where another trainer has it. */
    public static Optional<RunLock> tryAcquire(Path runFolder) {
        Path file = runFolder.resolve(FILE);
        try {
            Files.createDirectories(runFolder);
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            FileLock lock = null;
            try {
                lock = channel.tryLock();
            } catch (OverlappingFileLockException e) {
                // Held by a trainer in this very process.
            }
            if (lock == null) {
                channel.close();
                return Optional.empty();
            }
            String owner = ProcessHandle.current().pid() + "\n";
            channel.truncate(0);
            channel.write(ByteBuffer.wrap(owner.getBytes(StandardCharsets.UTF_8)), 0);
            return Optional.of(new RunLock(channel, lock));
        } catch (IOException e) {
            throw new RunCheckpointException(file + " cannot be locked: " + e.getMessage(), e);
        }
    }

    /** Process id of the trainer that has or last had the lock, as far as it can be read. */
    public static String owner(Path runFolder) {
        try {
            String owner = Files.readString(runFolder.resolve(FILE)).strip();
            return owner.isEmpty() ? "unknown" : owner;
        } catch (IOException e) {
            return "unknown";
        }
    }

    @Override
    public void close() {
        try {
            lock.release();
            channel.close();
        } catch (IOException e) {
            throw new RunCheckpointException("the lock of a run cannot be released: " + e.getMessage(), e);
        }
    }
}
