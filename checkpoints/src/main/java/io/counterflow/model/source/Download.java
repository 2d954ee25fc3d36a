package io.counterflow.model.source;

import io.counterflow.files.Sha256;
import io.counterflow.model.source.RangeClient.UnreachableException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One file on its way from a server to this machine. Bytes go into {@code NAME.part}; an attempt that breaks off is continued
 * where it stopped, by this process or a later one. Only a file of the announced size and hash gets its name.
 */
final class Download {
    private static final int ATTEMPTS = 5;
    private static final int REPORT_BYTES = 1 << 20;

    /** Waits before the next attempt; a parameter so that tests need not wait. */
    interface Pause {
        void before(int attempt) throws InterruptedException;

        /** How long a connection may bring nothing before it counts as broken off. */
        default Duration patience() {
            return Duration.ofSeconds(60);
        }

        /** One, two, four … seconds. */
        Pause GROWING =
                attempt -> Thread.sleep(Duration.ofSeconds(1L << attempt - 1).toMillis());
    }

    private final Pause pause;
    private final DownloadListener listener;

    Download(Pause pause, DownloadListener listener) {
        this.pause = pause;
        this.listener = listener;
    }

    /** Gets a file unless it is there. */
    void fetch(RemoteContent file, Path target) {
        if (Files.exists(target)) {
            return;
        }
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try {
            Files.createDirectories(target.getParent());
            try (FileChannel channel = FileChannel.open(
                            part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.READ);
                    FileLock lock = lock(channel, file)) {
                if (Files.exists(target)) {
                    return;
                }
                try {
                    fill(channel, file);
                    check(channel, file);
                    channel.force(true);
                    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    if (part.toFile().length() == 0) {
                        Files.deleteIfExists(part);
                    }
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + part, e);
        }
    }

    private FileLock lock(FileChannel channel, RemoteContent file) throws IOException {
        try {
            return channel.lock();
        } catch (OverlappingFileLockException e) {
            throw new SourceException("%s is being downloaded by another thread".formatted(file.described()), e);
        }
    }

    private void fill(FileChannel channel, RemoteContent file) throws IOException {
        if (channel.size() > file.size()) {
            channel.truncate(0);
        }
        for (int attempt = 1; channel.size() < file.size(); attempt++) {
            long before = channel.size();
            try {
                receive(channel, file);
            } catch (UnreachableException e) {
                // An attempt that brought something starts the count anew.
                attempt = channel.size() > before ? 1 : attempt;
                if (attempt >= ATTEMPTS) {
                    throw new SourceException(
                            ("%s broke off at byte %d of %d: %s; what is here stays, the next attempt goes on"
                                            + " from there")
                                    .formatted(file.described(), channel.size(), file.size(), e.getMessage()),
                            e);
                }
                sleep(attempt, file);
            }
        }
        listener.progress(file.name(), file.size(), file.size());
    }

    private void receive(FileChannel channel, RemoteContent file) throws IOException {
        long from = channel.size();
        listener.progress(file.name(), from, file.size());
        HttpResponse<InputStream> response = file.open(from);
        if (response.statusCode() == 200 && from > 0) {
            // The server knows no ranges: the whole file comes again.
            channel.truncate(0);
            from = 0;
        }
        byte[] buffer = new byte[1 << 16];
        long position = from;
        long reported = from;
        ExecutorService reader = Executors.newSingleThreadExecutor();
        // Closed first, the body lets go of a reader that waits for it.
        try (Closeable stop = reader::shutdown;
                InputStream body = response.body()) {
            for (int read = read(reader, body, buffer); read >= 0; read = read(reader, body, buffer)) {
                ByteBuffer bytes = ByteBuffer.wrap(buffer, 0, read);
                while (bytes.hasRemaining()) {
                    position += channel.write(bytes, position);
                }
                if (position > file.size()) {
                    throw new SourceException(
                            "%s is longer than the %d bytes announced".formatted(file.described(), file.size()));
                }
                if (position - reported >= REPORT_BYTES) {
                    listener.progress(file.name(), position, file.size());
                    reported = position;
                }
            }
        }
        if (position < file.size()) {
            throw new UnreachableException("the connection ended early", null);
        }
    }

    /** In another thread, because nothing ends the wait for a connection that is open and silent. */
    private int read(ExecutorService reader, InputStream body, byte[] buffer) throws UnreachableException {
        try {
            return reader.submit(() -> body.read(buffer)).get(pause.patience().toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw new UnreachableException(
                    "the connection broke off: " + e.getCause().getMessage(), e);
        } catch (TimeoutException e) {
            throw new UnreachableException(
                    "nothing came for %d seconds".formatted(pause.patience().toSeconds()), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SourceException("interrupted while downloading", e);
        }
    }

    private void check(FileChannel channel, RemoteContent file) throws IOException {
        MessageDigest digest = file.digest();
        ByteBuffer buffer = ByteBuffer.allocate(1 << 20);
        for (long position = 0; position < file.size(); ) {
            buffer.clear();
            position += channel.read(buffer, position);
            digest.update(buffer.flip());
        }
        String actual = Sha256.hex(digest);
        if (!actual.equals(file.hash())) {
            channel.truncate(0);
            throw new SourceException("%s arrived damaged: its hash is %s instead of %s; it was thrown away, try again"
                    .formatted(file.described(), actual, file.hash()));
        }
    }

    private void sleep(int attempt, RemoteContent file) {
        try {
            pause.before(attempt);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SourceException("interrupted while downloading " + file.described(), e);
        }
    }
}
