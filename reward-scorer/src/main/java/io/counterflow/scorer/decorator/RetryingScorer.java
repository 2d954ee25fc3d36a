package io.counterflow.scorer.decorator;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Asks again for the requests of a batch that failed or timed out, with growing pauses, and keeps what the last try said. Scored
 * and rejected requests are not sent again. Expects a scorer that does not throw, see {@link CheckedScorer}; as thread-safe as
 * the scorer.
 */
public final class RetryingScorer implements Scorer {

    /** Waits; a test can do so without time passing. */
    @FunctionalInterface
    public interface Pause {
        /** Returns after {@code duration}. */
        void sleep(Duration duration) throws InterruptedException;
    }

    private final Scorer scorer;
    private final int attempts;
    private final Duration firstPause;
    private final Duration longestPause;
    private final Pause pause;

    private RetryingScorer(Scorer scorer, int attempts, Duration firstPause, Duration longestPause, Pause pause) {
        this.scorer = requireNonNull(scorer, "scorer is null");
        this.attempts = attempts;
        this.firstPause = requireNonNull(firstPause, "firstPause is null");
        this.longestPause = requireNonNull(longestPause, "longestPause is null");
        this.pause = requireNonNull(pause, "pause is null");
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts " + attempts + " must be at least 1");
        }
    }

    /**
     * Repeats failed calls.
     *
     * @param attempts calls a request may take part in, the first one included
     * @param firstPause pause before the second attempt; each further one is twice as long
     * @param longestPause where the doubling ends
     */
    public static Scorer wrap(Scorer scorer, int attempts, Duration firstPause, Duration longestPause, Pause pause) {
        return attempts == 1 ? scorer : new RetryingScorer(scorer, attempts, firstPause, longestPause, pause);
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws Exception {
        List<ScoreOutcome> outcomes = new ArrayList<>(scorer.score(batch));
        Duration wait = firstPause;
        for (int attempt = 2; attempt <= attempts; attempt++) {
            List<Integer> again = new ArrayList<>();
            for (int i = 0; i < outcomes.size(); i++) {
                if (outcomes.get(i) instanceof Failed || outcomes.get(i) instanceof TimedOut) {
                    again.add(i);
                }
            }
            if (again.isEmpty()) {
                return outcomes;
            }
            pause.sleep(wait);
            wait = wait.multipliedBy(2).compareTo(longestPause) > 0 ? longestPause : wait.multipliedBy(2);
            List<ScoreOutcome> repeated =
                    scorer.score(again.stream().map(batch::get).toList());
            for (int i = 0; i < again.size(); i++) {
                outcomes.set(again.get(i), repeated.get(i));
            }
        }
        return outcomes;
    }

    @Override
    public void close() throws Exception {
        scorer.close();
    }
}
