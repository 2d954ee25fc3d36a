package io.counterflow.trainer;

import io.counterflow.log.Log;
import io.counterflow.trainer.metrics.StepRecorder;
import io.counterflow.trainer.step.StepOutcome;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** A trainer on a thread of its own, that can be waited for. */
final class RunningTrainer implements TrainerListener {

    private static final int LIMIT_SECONDS = 60;

    private final TrainerService service;
    private final long stopAt;
    private final CompletableFuture<Void> end;
    private final List<String> refusals = new ArrayList<>();
    private final List<String> remarks = new ArrayList<>();
    private boolean started;
    private long startedAt;
    private long step;

    /** Starts it. */
    RunningTrainer(Log log, TrainerConfig config) {
        this(log, config, Long.MAX_VALUE);
    }

    /** Starts it, to be stopped after a step. */
    RunningTrainer(Log log, TrainerConfig config, long stopAt) {
        this.stopAt = stopAt;
        this.service = new TrainerService(log, config, InstantSource.system(), this, StepRecorder.none());
        this.end = new CompletableFuture<>();
        Thread thread = new Thread(
                () -> {
                    try {
                        service.run();
                        end.complete(null);
                    } catch (Throwable e) {
                        end.completeExceptionally(e);
                    }
                    synchronized (this) {
                        notifyAll();
                    }
                },
                "trainer-" + config.runId());
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public synchronized void started(String runId, long at, long totalSteps) {
        started = true;
        startedAt = at;
        notifyAll();
    }

    @Override
    public synchronized void stepApplied(long applied, StepOutcome outcome, boolean again) {
        step = applied;
        notifyAll();
        if (applied == stopAt) {
            service.close();
        }
    }

    @Override
    public synchronized void checkpointRefused(String reason) {
        refusals.add(reason);
    }

    @Override
    public synchronized void anotherRecipe(String remark) {
        remarks.add(remark);
    }

    /** What it said of groups of other recipes. */
    synchronized List<String> remarks() {
        return List.copyOf(remarks);
    }

    /** The step at which it began. */
    synchronized long awaitStart() throws Exception {
        awaitThat(() -> started);
        return startedAt;
    }

    synchronized void awaitStep(long wanted) throws Exception {
        awaitThat(() -> step >= wanted);
    }

    private void awaitThat(java.util.function.BooleanSupplier condition) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(LIMIT_SECONDS);
        while (!condition.getAsBoolean()) {
            if (end.isDone()) {
                end.get();
                throw new AssertionError("the trainer ended too early");
            }
            long left = deadline - System.nanoTime();
            if (left <= 0) {
                throw new AssertionError("nothing happened for " + LIMIT_SECONDS + " s");
            }
            wait(1 + left / 1_000_000);
        }
    }

    /** @throws ExecutionException with the trainer's failure as its cause */
    void awaitEnd() throws Exception {
        end.get(LIMIT_SECONDS, TimeUnit.SECONDS);
    }

    void close() {
        service.close();
    }

    synchronized List<String> refusals() {
        return List.copyOf(refusals);
    }
}
