package io.counterflow.model.engine;

import ai.djl.pytorch.jni.JniUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Threads that share a piece of work, the caller's among them. Where there are fewer tasks than workers, each task's operations are given
 * the threads that are left over; libtorch divides large products among them. For one caller at a time.
 */
public final class Workers implements AutoCloseable {
    private final int count;
    private final ExecutorService threads;

    /**
     * @param count threads, the caller's among them
     * @param name of the other threads
     */
    public Workers(int count, String name) {
        if (count < 1) {
            throw new IllegalArgumentException("workers is " + count + "; it must be at least 1");
        }
        this.count = count;
        threads = count == 1
                ? null
                : Executors.newFixedThreadPool(count - 1, task -> {
                    Thread thread = new Thread(task, name);
                    thread.setDaemon(true);
                    return thread;
                });
    }

    public int count() {
        return count;
    }

    /**
     * Runs all tasks, as many at the same time as there are workers, and returns when all have ended. Tasks that wait for each other must
     * not be more than the workers. What the first of them that failed threw, this throws; the others run to their ends all the same.
     */
    public void run(List<? extends Runnable> tasks) {
        run(tasks, true);
    }

    /**
     * The same.
     *
     * @param dividing whether operations may be given the threads that are left over; threads that meet after every operation make small
     *     ones slower
     */
    public void run(List<? extends Runnable> tasks, boolean dividing) {
        if (tasks.isEmpty()) {
            return;
        }
        AtomicInteger next = new AtomicInteger();
        Throwable[] failures = new Throwable[tasks.size()];
        int threadsForEach = dividing ? count / tasks.size() : 1;
        int usual = threadsForEach > 1 ? JniUtils.getNumThreads() : threadsForEach;
        Runnable work = () -> {
            for (int i = next.getAndIncrement(); i < failures.length; i = next.getAndIncrement()) {
                try {
                    run(tasks.get(i), threadsForEach, usual);
                } catch (RuntimeException | Error e) {
                    failures[i] = e;
                }
            }
        };
        List<Future<?>> others = new ArrayList<>();
        for (int i = 1; i < Math.min(count, tasks.size()); i++) {
            others.add(threads.submit(work));
        }
        work.run();
        await(others);
        for (Throwable failure : failures) {
            if (failure instanceof Error error) {
                throw error;
            } else if (failure instanceof RuntimeException exception) {
                throw exception;
            }
        }
    }

    private static void run(Runnable task, int threadsForOperations, int usual) {
        if (threadsForOperations <= usual) {
            task.run();
            return;
        }
        JniUtils.setNumThreads(threadsForOperations);
        try {
            task.run();
        } finally {
            JniUtils.setNumThreads(usual);
        }
    }

    /** Also when interrupted: the tasks use what the caller will close. */
    private static void await(List<Future<?>> others) {
        boolean interrupted = false;
        for (Future<?> other : others) {
            while (!other.isDone()) {
                try {
                    other.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw new IllegalStateException(e.getCause());
                }
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        if (threads != null) {
            threads.shutdown();
        }
    }
}
