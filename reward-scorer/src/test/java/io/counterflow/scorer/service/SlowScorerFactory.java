package io.counterflow.scorer.service;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreRequest;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.util.ArrayList;
import java.util.List;

/** A scorer that takes its time: a completion's score is the length of its text. */
public final class SlowScorerFactory implements ScorerFactory<SlowScorerFactory.Config> {

    /**
     * Its configuration.
     *
     * @param milliseconds time for each completion
     */
    public record Config(long milliseconds) {
        public Config {
            if (milliseconds < 0 || milliseconds > 60_000) {
                throw new IllegalArgumentException("milliseconds is " + milliseconds + "; it must be from 0 to 60000");
            }
        }
    }

    @Override
    public String name() {
        return "slow";
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public Scorer create(Config config) {
        return batch -> {
            List<ScoreOutcome> outcomes = new ArrayList<>();
            for (ScoreRequest request : batch) {
                Thread.sleep(config.milliseconds);
                outcomes.add(ScoreOutcome.of(request.completion().length()));
            }
            return outcomes;
        };
    }
}
