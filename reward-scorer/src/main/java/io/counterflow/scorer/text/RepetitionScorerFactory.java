package io.counterflow.scorer.text;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.Scorer;
import io.counterflow.scorer.api.ScorerFactory;
import java.util.Map;

/** {@code repetition}: the share of word n-grams that occurred before; 0 without repetition. Give it a negative weight. */
public final class RepetitionScorerFactory implements ScorerFactory<RepetitionScorerFactory.Config> {

    /**
     * Configuration.
     *
     * @param n words in an n-gram
     */
    public record Config(
            @JsonPropertyDescription("Words in an n-gram. Default: 3.")
            Integer n) {
        /** Fills in defaults. */
        public Config {
            n = requireNonNullElse(n, 3);
            if (n < 1 || n > 1000) {
                throw new IllegalArgumentException("n " + n + " must be at least 1 and at most 1000");
            }
        }
    }

    /** For the service loader. */
    public RepetitionScorerFactory() {}

    @Override
    public String name() {
        return "repetition";
    }

    @Override
    public Class<Config> configuration() {
        return Config.class;
    }

    @Override
    public Scorer create(Config config) {
        return new EachScorer(request -> {
            Map<?, Integer> counts = Words.nGrams(Words.of(request.completion()), config.n);
            int all = counts.values().stream().mapToInt(c -> c).sum();
            return ScoreOutcome.of(all == 0 ? 0 : 1 - (double) counts.size() / all);
        });
    }
}
