package io.counterflow.cli.run;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Services running on threads of their own. When one fails, whoever waits for any of them is told; {@link #close} stops all of them, the last started
 * first. Thread-safe.
 */
public final class ServiceThreads implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServiceThreads.class);
    private static final Duration STOPPING = Duration.ofSeconds(30);
    private static final Duration ABANDONED = Duration.ofSeconds(1);

    private final Deque<Running> running = new ArrayDeque<>();
    private final CompletableFuture<Void> failure = new CompletableFuture<>();
    private volatile boolean groundIsGone;

    /** A service's body that may throw anything. */
    @FunctionalInterface
    public interface Body {
        void run() throws Exception;
    }

    private record Running(String name, AutoCloseable service, Thread thread, CompletableFuture<Void> end) {}

    /** The body as something to start; what it throws is thrown as it is, or as the cause of an unchecked exception with its message. */
    public static Runnable unchecked(Body body) {
        return () -> {
            try {
                body.run();
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException(e.getMessage() == null ? e.toString() : e.getMessage(), e);
            }
        };
    }

    /**
     * Starts a service.
     *
     * @param body blocks until the service's work is done or it was closed
     * @return completes when the body returns, exceptionally when it throws
     */
    public synchronized CompletableFuture<Void> start(String name, Runnable body, AutoCloseable service) {
        Objects.requireNonNull(service, "service");
        CompletableFuture<Void> end = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        body.run();
                        end.complete(null);
                    } catch (Throwable t) {
                        end.completeExceptionally(t);
                        failure.completeExceptionally(t);
                    }
                },
                name);
        running.push(new Running(name, service, thread, end));
        thread.start();
        return end;
    }

    /** Counts as a failed service when it completes: what all services stand on has gone. */
    public void failWith(CompletableFuture<? extends RuntimeException> ground) {
        var unused = ground.thenAccept(gone -> {
            groundIsGone = true;
            failure.completeExceptionally(gone);
        });
    }

    /**
     * Waits until something has ended, or until any service has failed.
     *
     * @throws ServiceFailedException with the cause, when a service failed
     */
    public void await(CompletableFuture<Void> end) throws InterruptedException {
        try {
            CompletableFuture.anyOf(end, failure).get();
        } catch (ExecutionException e) {
            throw failed(e.getCause());
        }
    }

    /** Throws when a service has failed. */
    public void check() {
        if (failure.isCompletedExceptionally()) {
            throw failed(failure.handle((v, t) -> t).join());
        }
    }

    private synchronized RuntimeException failed(Throwable cause) {
        for (Running service : running) {
            if (service.end.handle((v, t) -> t == cause).getNow(false)) {
                return new ServiceFailedException(service.name, cause);
            }
        }
        return new ServiceFailedException("log", cause);
    }

    /** Stops what still runs and waits for it; what does not stop in time is named in the log and left behind. */
    @Override
    public synchronized void close() {
        while (!running.isEmpty()) {
            Running next = running.pop();
            try {
                if (groundIsGone) {
                    abandon(next);
                    continue;
                }
                next.service.close();
                next.end.handle((v, t) -> null).get(STOPPING.toSeconds(), TimeUnit.SECONDS);
            } catch (TimeoutException e) {
                LOG.atWarn().addKeyValue("service", next.name).log("did not stop within {} s", STOPPING.toSeconds());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (Exception e) {
                LOG.atWarn().addKeyValue("service", next.name).setCause(e).log("did not stop cleanly");
            }
        }
    }

    /** What waits for a log that is gone would wait for minutes; its thread is left behind. */
    private static void abandon(Running service) throws InterruptedException {
        Thread closing = new Thread(
                () -> {
                    try {
                        service.service.close();
                    } catch (Exception e) {
                        LOG.atDebug()
                                .addKeyValue("service", service.name)
                                .setCause(e)
                                .log("did not stop cleanly");
                    }
                },
                "abandon-" + service.name);
        closing.setDaemon(true);
        closing.start();
        closing.join(ABANDONED.toMillis());
        service.thread.interrupt();
    }
}
