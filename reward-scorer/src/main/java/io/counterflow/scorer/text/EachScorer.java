package io.counterflow.scorer.text;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Scores one completion after the other; one that throws fails alone. */
final class EachScorer implements Scorer {

    private final Function<ScoreRequest, ScoreOutcome> score;

    EachScorer(Function<ScoreRequest, ScoreOutcome> score) {
        this.score = score;
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws InterruptedException {
        List<ScoreOutcome> outcomes = new ArrayList<>(batch.size());
        for (ScoreRequest request : batch) {
            if (Thread.interrupted()) {
                throw new InterruptedException("interrupted while scoring a batch");
            }
            try {
                outcomes.add(score.apply(request));
            } catch (LimitedText.TakesTooLongException e) {
                outcomes.add(new ScoreOutcome.TimedOut(e.getMessage()));
            } catch (RuntimeException | StackOverflowError e) {
                outcomes.add(new ScoreOutcome.Failed("scoring failed: " + e));
            }
        }
        return outcomes;
    }
}
