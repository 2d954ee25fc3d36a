package io.counterflow.scorer.unittests;

import io.counterflow.files.FileTree;
import io.counterflow.scorer.sandbox.Sandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The sandboxed JVMs that are warm and idle. One is always started ahead of need, so that a worker that had to be replaced is
 * replaced at once. Thread-safe.
 */
final class JavaWorkers implements AutoCloseable {

    private final Sandbox sandbox;
    private final int heapMegabytes;
    private final Duration startLimit;
    private final Path folder;
    private final Path classes;
    private final Deque<JavaWorker> idle = new ArrayDeque<>();
    private int started;
    private int starting;
    private boolean closed;

    JavaWorkers(Sandbox sandbox, int heapMegabytes, Duration startLimit) throws IOException {
        this.sandbox = sandbox;
        this.heapMegabytes = heapMegabytes;
        this.startLimit = startLimit;
        // Private to this user: everything below can then be open to the sandbox's user.
        this.folder = Files.createTempDirectory("counterflow-java-");
        this.classes = folder.resolve("classes");
        WorkerClasses.copyTo(classes);
        startAhead();
    }

    /** A worker that nobody else has, an idle one where there is one. */
    JavaWorker take() throws IOException, InterruptedException {
        synchronized (this) {
            while (idle.isEmpty() && starting > 0) {
                wait();
            }
            checkOpen();
            JavaWorker worker = idle.poll();
            if (worker != null) {
                if (idle.isEmpty() && starting == 0) {
                    startAhead();
                }
                return worker;
            }
        }
        return start();
    }

    /** Gives a worker back that can be used again. */
    synchronized void giveBack(JavaWorker worker) {
        if (closed) {
            worker.close();
        } else {
            idle.push(worker);
        }
    }

    private JavaWorker start() throws IOException {
        Path own;
        synchronized (this) {
            checkOpen();
            own = folder.resolve("worker-" + started++);
        }
        return JavaWorker.start(sandbox, own, classes, heapMegabytes, startLimit);
    }

    private void checkOpen() throws IOException {
        if (closed) {
            throw new IOException("the Java workers are closed");
        }
    }

    private synchronized void startAhead() {
        starting++;
        Thread thread = new Thread(
                () -> {
                    JavaWorker worker = null;
                    try {
                        worker = start();
                    } catch (IOException e) {
                        // Whoever needs a worker starts one, and sees the same error.
                    }
                    synchronized (this) {
                        starting--;
                        if (worker != null) {
                            giveBack(worker);
                        }
                        notifyAll();
                    }
                },
                "java-worker-start");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        synchronized (this) {
            closed = true;
            idle.forEach(JavaWorker::close);
            idle.clear();
            notifyAll();
        }
        FileTree.delete(folder);
    }
}
