package io.counterflow.scorer.decorator;

import static java.util.Objects.requireNonNull;

import io.counterflow.scorer.ThrownText;
import io.counterflow.scorer.api.PluginException;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Turns whatever a scorer does into exactly one outcome for each request: an exception, the wrong number of outcomes or a
 * missing outcome is {@link Failed}, and what an outcome says is cut to what the log can hold. What closing throws is a {@link PluginException}. An {@link InterruptedException} alone goes through, because it is its caller's. As
 * thread-safe as the scorer.
 */
public final class CheckedScorer implements Scorer {

    private final Scorer scorer;

    private CheckedScorer(Scorer scorer) {
        this.scorer = requireNonNull(scorer, "scorer is null");
    }

    /** Checks {@code scorer}'s outcomes. */
    public static Scorer wrap(Scorer scorer) {
        return new CheckedScorer(scorer);
    }

    @Override
    public List<ScoreOutcome> score(List<ScoreRequest> batch) throws InterruptedException {
        List<ScoreOutcome> outcomes;
        try {
            outcomes = scorer.score(batch);
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception | Error e) {
            return all(batch.size(), OutcomeLimit.apply(new Failed("the scorer threw " + ThrownText.of(e))));
        }
        if (outcomes == null) {
            return all(batch.size(), new Failed("the scorer returned null for a batch of " + batch.size()));
        }
        if (outcomes.size() != batch.size()) {
            return all(
                    batch.size(),
                    new Failed("the scorer returned " + outcomes.size() + " outcomes for a batch of " + batch.size()
                            + "; it must return one for each request, in order"));
        }
        List<ScoreOutcome> checked = new ArrayList<>(outcomes.size());
        for (ScoreOutcome outcome : outcomes) {
            checked.add(
                    outcome == null
                            ? new Failed("the scorer returned null for this completion")
                            : OutcomeLimit.apply(outcome));
        }
        return checked;
    }

    @Override
    public void close() throws InterruptedException {
        try {
            scorer.close();
        } catch (InterruptedException e) {
            throw e;
        } catch (Exception | Error e) {
            throw new PluginException("the scorer cannot be closed; what it scored stands: " + ThrownText.of(e), e);
        }
    }

    static List<ScoreOutcome> all(int n, ScoreOutcome outcome) {
        return Collections.nCopies(n, outcome);
    }
}
