package io.counterflow.cli.run;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * While open, Ctrl-C (or SIGTERM) interrupts a thread and gives it time to stop what it runs in good order, before the JVM ends.
 */
public final class StopOnSignal implements AutoCloseable {

    private static final int SECONDS = 60;

    private final CountDownLatch done = new CountDownLatch(1);
    private final Thread hook;

    private StopOnSignal(Thread thread) {
        hook = new Thread(
                () -> {
                    thread.interrupt();
                    try {
                        done.await(SECONDS, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                },
                "stop-on-signal");
    }

    public static StopOnSignal of(Thread thread) {
        StopOnSignal stop = new StopOnSignal(thread);
        Runtime.getRuntime().addShutdownHook(stop.hook);
        return stop;
    }

    @Override
    public void close() {
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The JVM is ending: the hook is what waits for us.
        }
    }
}
