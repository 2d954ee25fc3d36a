package io.counterflow.broker;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;

/** Where an embedded cluster keeps its data: locked by one process at a time, with room to write. */
final class DataDirectory implements AutoCloseable {

    private static final long LEAST_FREE_BYTES = 256L * 1024 * 1024;

    /** Kafka writes indexes and segments in pieces of up to 10 MiB. */
    private static final long FULL_BYTES = 16L * 1024 * 1024;

    private static final int PROBE_BYTES = 64 * 1024;

    private final Path path;
    private final FileChannel lockFile;

    private DataDirectory(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    /** @throws EmbeddedKafkaException when it cannot be written, is in use, or its disk is full */
    static DataDirectory open(Path directory) {
        Path path = directory.toAbsolutePath().normalize();
        try {
            Files.createDirectories(path);
            FileChannel lockFile =
                    FileChannel.open(path.resolve("in-use.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                lock(path, lockFile);
                requireSpace(path);
                return new DataDirectory(path, lockFile);
            } catch (IOException | RuntimeException e) {
                lockFile.close();
                throw e;
            }
        } catch (IOException e) {
            throw new EmbeddedKafkaException(
                    "the broker's data directory " + path + " cannot be written (" + e
                            + "); make it writable, or choose another data directory",
                    e);
        }
    }

    private static void lock(Path path, FileChannel lockFile) throws IOException {
        FileLock lock;
        try {
            lock = lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new DataDirectoryInUseException("the broker's data directory " + path
                    + " is in use by another process; stop that one, or choose another data directory");
        }
    }

    private static void requireSpace(Path path) throws IOException {
        long free = Files.getFileStore(path).getUsableSpace();
        if (free < LEAST_FREE_BYTES) {
            throw new EmbeddedKafkaException("only " + free / (1024 * 1024) + " MiB are free where the broker's data"
                    + " directory " + path + " is, at least " + LEAST_FREE_BYTES / (1024 * 1024)
                    + " MiB are needed; make room, or choose another data directory");
        }
    }

    Path path() {
        return path;
    }

    /** What keeps a broker from writing here now; empty where nothing does. */
    Optional<String> fault() {
        if (!Files.isDirectory(path)) {
            return Optional.of("its data directory " + path + " is gone");
        }
        try {
            long free = Files.getFileStore(path).getUsableSpace();
            if (free < FULL_BYTES) {
                return Optional.of(
                        "the disk of its data directory " + path + " is full (" + free / 1024 + " KiB are free)");
            }
            Path probe = Files.createTempFile(path, "probe", ".tmp");
            try {
                Files.write(probe, new byte[PROBE_BYTES]);
            } finally {
                Files.delete(probe);
            }
            try (Stream<Path> nodes = Files.list(path)) {
                return nodes.anyMatch(node -> node.getFileName().toString().startsWith("node-"))
                        ? Optional.empty()
                        : Optional.of("its logs in " + path + " are gone");
            }
        } catch (IOException e) {
            return Optional.of("its data directory " + path + " cannot be written ("
                    + (e instanceof FileSystemException f && f.getReason() != null ? f.getReason() : e) + ")");
        }
    }

    /** Where one node keeps its logs. */
    Path of(int nodeId) {
        return path.resolve("node-" + nodeId);
    }

    /** The id of an earlier start on this directory, else a new one. */
    String clusterId(int nodeId) {
        Path meta = of(nodeId).resolve(MetaPropertiesEnsemble.META_PROPERTIES_NAME);
        if (!Files.exists(meta)) {
            return Uuid.randomUuid().toString();
        }
        Properties properties = new Properties();
        try (InputStream in = Files.newInputStream(meta)) {
            properties.load(in);
            return new MetaProperties.Builder(properties).build().clusterId().orElseThrow();
        } catch (IOException | RuntimeException e) {
            throw new EmbeddedKafkaException(
                    "the broker's data directory " + path + " is damaged: " + meta
                            + " names no cluster; restore it, or choose another data directory",
                    e);
        }
    }

    @Override
    public void close() {
        try {
            lockFile.close();
        } catch (IOException e) {
            throw new EmbeddedKafkaException("cannot release the data directory " + path, e);
        }
    }
}
