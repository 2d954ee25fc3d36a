package io.counterflow.scorer.unittests;

import io.counterflow.files.FileTree;
import io.counterflow.scorer.sandbox.Sandbox;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;

/** One sandboxed interpreter, which runs one program or its tests and is thrown away. */
final class ScriptProcess implements AutoCloseable {

    private static final int KEPT_WORDS = 2000;

    private final Process process;
    private final Path folder;
    private final ByteArrayOutputStream words = new ByteArrayOutputStream();

    ScriptProcess(Process process, Path folder) {
        this.process = process;
        this.folder = folder;
        Thread reader = new Thread(this::readWords, "script-stderr");
        reader.setDaemon(true);
        reader.start();
    }

    DataInputStream output() {
        return new DataInputStream(new java.io.BufferedInputStream(process.getInputStream(), 1 << 16));
    }

    OutputStream input() {
        return process.getOutputStream();
    }

    /** Writes one frame, as one write. */
    static void send(OutputStream to, byte[] message) throws IOException {
        byte[] frame = ByteBuffer.allocate(4 + message.length)
                .putInt(message.length)
                .put(message)
                .array();
        synchronized (to) {
            to.write(frame);
            to.flush();
        }
    }

    /** Reads one frame, null where the stream ends. */
    static byte[] receive(DataInputStream from, int longest) throws IOException {
        int first = from.read();
        if (first < 0) {
            return null;
        }
        int length = first << 24 | from.readUnsignedByte() << 16 | from.readUnsignedShort();
        if (length < 0 || length > longest) {
            throw new IOException("a message of " + Integer.toUnsignedString(length) + " bytes");
        }
        byte[] message = from.readNBytes(length);
        return message.length < length ? null : message;
    }

    /** The exit code with which it ends. */
    CompletableFuture<Integer> ended() {
        return process.onExit().thenApply(Process::exitValue);
    }

    /** The beginning of what it wrote to standard error. */
    String words() {
        synchronized (words) {
            return words.toString(StandardCharsets.UTF_8).strip();
        }
    }

    private void readWords() {
        byte[] buffer = new byte[4096];
        try (InputStream in = process.getErrorStream()) {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                synchronized (words) {
                    words.write(buffer, 0, Math.max(0, Math.min(n, KEPT_WORDS - words.size())));
                }
            }
        } catch (IOException e) {
            // Killed; what it said before counts.
        }
    }

    @Override
    public void close() throws IOException {
        Sandbox.kill(process);
        FileTree.delete(folder);
    }
}
