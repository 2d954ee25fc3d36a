package io.counterflow.cli.run;

import io.counterflow.schemas.Score;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.service.ScoringListener;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Says when a scorer fails, so that nobody waits for rewards that do not come: early when it has scored nothing yet, then each time
 * that ten times as many tries have failed. Thread-safe.
 */
final class ScorerTroubles implements ScoringListener {

    private static final long FIRST_REMARK = 10;

    private final Consumer<String> remarks;
    private final Map<ScorerId, Tries> triesOf = new ConcurrentHashMap<>();

    /** @param remarks takes one line at a time; called from several threads, one at a time for each scorer */
    ScorerTroubles(Consumer<String> remarks) {
        this.remarks = remarks;
    }

    @Override
    public void scored(Score score) {}

    @Override
    public void called(ScorerId scorer, Duration duration, List<ScoreOutcome> outcomes) {
        triesOf.computeIfAbsent(scorer, id -> new Tries()).add(scorer, outcomes);
    }

    private final class Tries {
        private long good;
        private long failed;
        private long remarkAt = FIRST_REMARK;

        synchronized void add(ScorerId scorer, List<ScoreOutcome> outcomes) {
            String cause = null;
            for (ScoreOutcome outcome : outcomes) {
                if (outcome instanceof ScoreOutcome.Failed it) {
                    cause = it.cause();
                } else if (outcome instanceof ScoreOutcome.TimedOut it) {
                    cause = it.cause();
                } else {
                    good++;
                    continue;
                }
                failed++;
            }
            if (cause == null || failed < remarkAt) {
                return;
            }
            while (remarkAt <= failed) {
                remarkAt *= 10;
            }
            remarks.accept(
                    "scorer %s: %,d tries to score a completion failed, %,d did not; the last: %s (what fails at every try: counterflow dead-letters)"
                            .formatted(scorer, failed, good, cause));
        }
    }
}
