package io.counterflow.scorer.unittests;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** JVMs that are started before they are needed. Thread-safe. */
final class JvmPool implements AutoCloseable {

    /** Starts one. */
    interface Start {
        SandboxedJvm start() throws IOException;
    }

    private final Start start;
    private final int ahead;
    private final ExecutorService starters;
    private final Deque<Future<SandboxedJvm>> ready = new ArrayDeque<>();
    private boolean closed;

    JvmPool(String name, int ahead, Start start) {
        this.start = start;
        this.ahead = ahead;
        this.starters = Executors.newFixedThreadPool(ahead, runnable -> {
            Thread thread = new Thread(runnable, name + "-start");
            thread.setDaemon(true);
            return thread;
        });
        fill();
    }

    private synchronized void fill() {
        while (!closed && ready.size() < ahead) {
            ready.add(starters.submit(start::start));
        }
    }

    /** One that nobody else has. */
    SandboxedJvm take() throws IOException, InterruptedException {
        Future<SandboxedJvm> next;
        synchronized (this) {
            if (closed) {
                throw new IOException("the Java runner is closed");
            }
            next = ready.poll();
            if (next == null) {
                next = starters.submit(start::start);
            }
        }
        try {
            return next.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof IOException io ? io : new IOException(e.getCause());
        } finally {
            fill();
        }
    }

    /** Gives one back that can be used again. */
    synchronized void giveBack(SandboxedJvm jvm) {
        if (closed) {
            jvm.close();
        } else {
            ready.addFirst(java.util.concurrent.CompletableFuture.completedFuture(jvm));
        }
    }

    @Override
    public void close() {
        Deque<Future<SandboxedJvm>> left;
        synchronized (this) {
            closed = true;
            left = new ArrayDeque<>(ready);
            ready.clear();
        }
        starters.shutdown();
        for (Future<SandboxedJvm> each : left) {
            try {
                each.get().close();
            } catch (ExecutionException e) {
                // It never came up.
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
