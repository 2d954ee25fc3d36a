package io.counterflow.scorer.decorator;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.api.Scorer;
import java.time.Duration;

/**
 * How a scorer is called: the settings of its decorators.
 *
 * @param maxBatch most completions in one call
 * @param maxDelay longest time a completion waits for others to fill a batch
 * @param concurrency calls at a time
 * @param timeLimit limit of one call; null for the scorer's own
 * @param attempts calls a completion may take part in before its failure stands
 * @param firstPause pause before the second attempt, doubled before each further one
 * @param longestPause where the doubling ends
 * @param cacheSize outcomes remembered by content
 */
public record ScorerSettings(
        @JsonPropertyDescription("Most completions in one call of the scorer. Default: 64.")
        Integer maxBatch,

        @JsonPropertyDescription("Longest time a completion waits for others to fill a batch. Default: 20ms.")
        Duration maxDelay,

        @JsonPropertyDescription("Calls of the scorer at a time. Default: 1.")
        Integer concurrency,

        @JsonPropertyDescription(
                "Limit of one call; passed, its completions are TIMED_OUT. Default: the scorer's own, usually 60s.")
        Duration timeLimit,

        @JsonPropertyDescription("Calls a completion may take part in before its failure stands. Default: 2.")
        Integer attempts,

        @JsonPropertyDescription("Pause before the second attempt, doubled before each further one. Default: 200ms.")
        Duration firstPause,

        @JsonPropertyDescription("Longest pause between two attempts. Default: 10s.")
        Duration longestPause,

        @JsonPropertyDescription("Outcomes remembered by content, 0 for none. Default: 10000.")
        Integer cacheSize) {

    private static final int LARGEST = 10_000_000;

    /** Fills in defaults. */
    public ScorerSettings {
        maxBatch = requireNonNullElse(maxBatch, 64);
        maxDelay = requireNonNullElse(maxDelay, Duration.ofMillis(20));
        concurrency = requireNonNullElse(concurrency, 1);
        attempts = requireNonNullElse(attempts, 2);
        if (firstPause != null && longestPause != null && firstPause.compareTo(longestPause) > 0) {
            throw new IllegalArgumentException(
                    "firstPause " + firstPause + " is longer than longestPause " + longestPause);
        }
        firstPause = requireNonNullElse(firstPause, Duration.ofMillis(200));
        longestPause = requireNonNullElse(longestPause, Duration.ofSeconds(10));
        cacheSize = requireNonNullElse(cacheSize, 10_000);
        positive("maxBatch", maxBatch);
        positive("concurrency", concurrency);
        positive("attempts", attempts);
        if (timeLimit != null && (timeLimit.isNegative() || timeLimit.isZero())) {
            throw new IllegalArgumentException("timeLimit " + timeLimit + " must be positive");
        }
        if (maxDelay.isNegative()
                || firstPause.isNegative()
                || longestPause.isNegative()
                || cacheSize < 0
                || cacheSize > LARGEST) {
            throw new IllegalArgumentException("maxDelay " + maxDelay + ", firstPause " + firstPause + ", longestPause "
                    + longestPause + " and cacheSize " + cacheSize + " must not be negative, and cacheSize at most "
                    + LARGEST);
        }
    }

    /** All defaults. */
    public static ScorerSettings defaults() {
        return new ScorerSettings(null, null, null, null, null, null, null, null);
    }

    /**
     * {@code scorer} with every decorator but batching round it.
     *
     * @param ownLimit the scorer's own time limit, where none is set
     */
    public Scorer decorate(Scorer scorer, Duration ownLimit) {
        return decorate(scorer, ownLimit, (duration, outcomes) -> {});
    }

    private Scorer decorate(Scorer scorer, Duration ownLimit, MeasuredScorer.Measure measure) {
        Scorer limited = TimeLimitedScorer.wrap(CheckedScorer.wrap(scorer), requireNonNullElse(timeLimit, ownLimit));
        // Within the retries: what is measured is the scorer, not the pauses.
        Scorer measured = MeasuredScorer.wrap(limited, measure);
        Scorer repeated =
                RetryingScorer.wrap(measured, attempts, firstPause, longestPause, d -> Thread.sleep(d.toMillis()));
        return CachingScorer.wrap(repeated, cacheSize);
    }

    /**
     * {@code scorer} with every decorator round it.
     *
     * @param ownLimit the scorer's own time limit, where none is set
     * @param measure is told of every call of the scorer, thread-safe
     */
    public AsyncScorer start(Scorer scorer, Duration ownLimit, MeasuredScorer.Measure measure) {
        return BatchingScorer.wrap(decorate(scorer, ownLimit, measure), maxBatch, maxDelay, concurrency);
    }

    /** The same, unmeasured. */
    public AsyncScorer start(Scorer scorer, Duration ownLimit) {
        return start(scorer, ownLimit, (duration, outcomes) -> {});
    }

    private static void positive(String name, int value) {
        if (value < 1 || value > LARGEST) {
            throw new IllegalArgumentException(name + " " + value + " must be at least 1 and at most " + LARGEST);
        }
    }
}
