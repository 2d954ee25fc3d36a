package io.counterflow.model.classifier;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/** Threads that compute batches side by side; with one worker, the caller's own. */
final class ClassifierThreads implements AutoCloseable {
    private final ExecutorService threads;

    ClassifierThreads(int count) {
        threads = count == 1
                ? null
                : Executors.newFixedThreadPool(count, task -> {
                    Thread thread = new Thread(task, "classification");
                    thread.setDaemon(true);
                    return thread;
                });
    }

    /** What {@code compute} makes of each item, in their order. What it throws, this throws, after all have ended. */
    <T, R> List<R> map(List<T> items, Function<T, R> compute) {
        if (threads == null || items.size() == 1) {
            return items.stream().map(compute).toList();
        }
        List<Future<R>> pending = items.stream()
                .map(item -> threads.submit(() -> compute.apply(item)))
                .toList();
        List<R> results = new ArrayList<>();
        RuntimeException failure = null;
        for (Future<R> future : pending) {
            try {
                results.add(future.get());
            } catch (ExecutionException e) {
                failure = e.getCause() instanceof RuntimeException cause
                        ? cause
                        : new IllegalStateException(e.getCause());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("Interrupted while texts were classified", e);
            }
        }
        if (failure != null) {
            throw failure;
        }
        return results;
    }

    @Override
    public void close() {
        if (threads != null) {
            threads.shutdown();
        }
    }
}
