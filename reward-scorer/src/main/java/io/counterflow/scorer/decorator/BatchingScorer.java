package io.counterflow.scorer.decorator;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Collects single requests into batches for a scorer. A batch is sent when it is full, or when its first request has waited long
 * enough. The queue is not bounded: callers bound what they have in flight. Thread-safe; the scorer is called from {@code
 * concurrency} threads of this class.
 */
public final class BatchingScorer implements AsyncScorer {

    private record Waiting(ScoreRequest request, CompletableFuture<Timed> future) {}

    private final Scorer scorer;
    private final int maxBatch;
    private final long maxDelayNanos;
    private final BlockingQueue<Waiting> queue = new LinkedBlockingQueue<>();
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean closed;

    private BatchingScorer(Scorer scorer, int maxBatch, Duration maxDelay, int concurrency) {
        this.scorer = CheckedScorer.wrap(requireNonNull(scorer, "scorer is null"));
        if (maxBatch < 1 || concurrency < 1 || maxDelay.isNegative()) {
            throw new IllegalArgumentException("maxBatch " + maxBatch + " and concurrency " + concurrency
                    + " must be at least 1, maxDelay " + maxDelay + " not negative");
        }
        this.maxBatch = maxBatch;
        this.maxDelayNanos = maxDelay.toNanos();
        for (int i = 0; i < concurrency; i++) {
            Thread thread = new Thread(this::work, "scorer-batches-" + i);
            thread.setDaemon(true);
            threads.add(thread);
        }
    }

    /**
     * Batches requests.
     *
     * @param maxBatch most requests in a batch
     * @param maxDelay longest time that a request waits for others
     * @param concurrency batches that may be with the scorer at a time
     */
    public static AsyncScorer wrap(Scorer scorer, int maxBatch, Duration maxDelay, int concurrency) {
        BatchingScorer batching = new BatchingScorer(scorer, maxBatch, maxDelay, concurrency);
        batching.threads.forEach(Thread::start);
        return batching;
    }

    @Override
    public CompletableFuture<Timed> score(ScoreRequest request) {
        Waiting waiting = new Waiting(requireNonNull(request, "request is null"), new CompletableFuture<>());
        queue.add(waiting);
        if (closed) {
            waiting.future.cancel(false);
        }
        return waiting.future;
    }

    @Override
    public void close() throws Exception {
        closed = true;
        threads.forEach(Thread::interrupt);
        for (Thread thread : threads) {
            thread.join();
        }
        for (Waiting left; (left = queue.poll()) != null; ) {
            left.future.cancel(false);
        }
        scorer.close();
    }

    private void work() {
        while (!closed) {
            List<Waiting> batch = new ArrayList<>();
            try {
                fill(batch);
                // Nobody waits for these any more.
                batch.removeIf(w -> w.future.isDone());
                if (batch.isEmpty()) {
                    continue;
                }
                long start = System.nanoTime();
                List<ScoreOutcome> outcomes =
                        scorer.score(batch.stream().map(Waiting::request).toList());
                Duration duration = Duration.ofNanos(System.nanoTime() - start);
                for (int i = 0; i < batch.size(); i++) {
                    batch.get(i).future.complete(new Timed(outcomes.get(i), duration));
                }
            } catch (InterruptedException e) {
                batch.forEach(w -> w.future.cancel(false));
            } catch (Throwable e) {
                batch.forEach(w -> w.future.completeExceptionally(e));
            }
        }
    }

    private void fill(List<Waiting> batch) throws InterruptedException {
        batch.add(queue.take());
        queue.drainTo(batch, maxBatch - batch.size());
        long deadline = System.nanoTime() + maxDelayNanos;
        while (batch.size() < maxBatch) {
            Waiting next = queue.poll(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
            if (next == null) {
                return;
            }
            batch.add(next);
            queue.drainTo(batch, maxBatch - batch.size());
        }
    }
}
