package io.counterflow.scorer.unittests;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/** What a process writes: read as it comes, so that the process never waits for it, and kept up to a length. Thread-safe. */
final class ProcessOutput {

    private static final int KEPT = 4000;

    private final ByteArrayOutputStream output = new ByteArrayOutputStream();
    private final Thread drain;

    /** @param name of the thread that reads; it ends with the process */
    ProcessOutput(Process process, String name) {
        this.drain = new Thread(() -> drain(process), name);
        drain.setDaemon(true);
        drain.start();
    }

    /** What it wrote, in one line, for error messages of a process that has ended or is about to. */
    String lastWords() {
        try {
            drain.join(200);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (output) {
            String text = output.toString(StandardCharsets.UTF_8).strip();
            return text.isEmpty() ? "(nothing)" : text.replaceAll("\\s*\\R\\s*", " | ");
        }
    }

    private void drain(Process process) {
        byte[] buffer = new byte[8192];
        try (InputStream in = process.getInputStream()) {
            for (int n; (n = in.read(buffer)) >= 0; ) {
                synchronized (output) {
                    output.write(buffer, 0, Math.min(n, KEPT - output.size()));
                }
            }
        } catch (IOException e) {
            // The process was killed while writing.
        }
    }
}
