package io.counterflow.scorer.decorator;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.time.Duration;
import java.util.List;

/** Reports the time and the outcomes of each batch. As thread-safe as the scorer and the measure. */
public final class MeasuredScorer implements Scorer {

    /** Takes the measurements. */
    @FunctionalInterface
    public interface Measure {
        /** A batch took {@code duration} and ended with {@code outcomes}. */
        void batch(Duration duration, List<ScoreOutcome> outcomes);
    }

    private final Scorer scorer;
    private final Measure measure;

    private MeasuredScorer(Scorer scorer, Measure measure) {
        this.scorer = requireNonNull(scorer, "scorer is null");
        this.measure = requireNonNull(measure, "measure is null");
    }

    /** Measures {@code scorer}. */
    public static Scorer wrap(Scorer scorer, Measure measure) {
        return new MeasuredScorer(scorer, measure);
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws Exception {
        long start = System.nanoTime();
        List<ScoreOutcome> outcomes = scorer.score(batch);
        measure.batch(Duration.ofNanos(System.nanoTime() - start), outcomes);
        return outcomes;
    }

    @Override
    public void close() throws Exception {
        scorer.close();
    }
}
