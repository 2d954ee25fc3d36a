package io.counterflow.scorer.decorator;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Waits for a scorer no longer than a limit, then answers {@link TimedOut} for the whole batch. The call is interrupted and left
 * to itself; while as many calls as allowed have not come back, further batches are {@link Failed} at once, so that a scorer
 * that hangs for ever costs a bounded number of threads. Expects a scorer that does not throw, see {@link CheckedScorer}; as
 * thread-safe as the scorer.
 */
public final class TimeLimitedScorer implements Scorer {

    private static final int MAX_ABANDONED = 16;

    private final Scorer scorer;
    private final Duration limit;
    private final AtomicInteger abandoned = new AtomicInteger();

    private TimeLimitedScorer(Scorer scorer, Duration limit) {
        this.scorer = requireNonNull(scorer, "scorer is null");
        this.limit = requireNonNull(limit, "limit is null");
        if (limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("time limit " + limit + " must be positive");
        }
    }

    /**
     * Limits each call.
     *
     * @param limit time for a whole batch
     */
    public static Scorer wrap(Scorer scorer, Duration limit) {
        return new TimeLimitedScorer(scorer, limit);
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws Exception {
        if (abandoned.get() >= MAX_ABANDONED) {
            return CheckedScorer.all(
                    batch.size(),
                    new Failed(MAX_ABANDONED
                            + " earlier calls of the scorer still hang; restart it, or raise its time limit of "
                            + limit));
        }
        FutureTask<List<ScoreOutcome>> call = new FutureTask<>(() -> scorer.score(batch));
        Thread thread = new Thread(call, "scorer-call");
        thread.setDaemon(true);
        thread.start();
        try {
            return call.get(limit.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            abandon(call, thread);
            return CheckedScorer.all(
                    batch.size(), new TimedOut("no answer within " + limit + " for a batch of " + batch.size()));
        } catch (InterruptedException e) {
            abandon(call, thread);
            throw e;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw new IllegalStateException("the scorer failed", e.getCause());
        }
    }

    @SuppressWarnings("ThreadJoinLoop") // it is in a loop; Guava's is not worth a dependency
    private void abandon(FutureTask<?> call, Thread thread) {
        abandoned.incrementAndGet();
        call.cancel(true);
        Thread watch = new Thread(
                () -> {
                    boolean ended = false;
                    while (!ended) {
                        try {
                            thread.join();
                            ended = true;
                        } catch (InterruptedException e) {
                            // Nobody has a reason to interrupt this thread; going on keeps the count right.
                        }
                    }
                    abandoned.decrementAndGet();
                },
                "scorer-call-abandoned");
        watch.setDaemon(true);
        watch.start();
    }

    @Override
    public void close() throws Exception {
        scorer.close();
    }
}
