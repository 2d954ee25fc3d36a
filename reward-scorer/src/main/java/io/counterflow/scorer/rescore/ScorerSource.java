package io.counterflow.scorer.rescore;

import io.counterflow.scorer.AsyncScorer;
import io.counterflow.scorer.ScorerCatalog;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.api.ScorerFactory;
import io.counterflow.scorer.service.ScorerConfig;
import io.counterflow.scorer.service.ScoringConfig;

/** Starts the scorers whose scores are missing. */
@FunctionalInterface
public interface ScorerSource {

    /**
     * Starts a scorer; the caller closes it.
     *
     * @throws IllegalArgumentException when nothing says how to make it
     * @throws Exception when it cannot work here
     */
    AsyncScorer start(ScorerId id) throws Exception;

    /**
     * The scorers of a configuration; one that it does not name is made with its defaults, where the catalogue has it in that very
     * version.
     */
    static ScorerSource of(ScoringConfig config, ScorerCatalog catalog) {
        return id -> {
            ScorerConfig scorer = configured(id, config, catalog);
            ScorerFactory<?> factory = catalog.factory(scorer.kind());
            return scorer.calls().start(catalog.create(scorer.kind(), scorer.settings()), factory.timeLimit());
        };
    }

    /**
     * Checks that {@link #of} could start a scorer, as far as that can be told without starting it.
     *
     * @throws IllegalArgumentException when nothing says how to make it
     * @throws Exception when it cannot work here
     */
    static void check(ScorerId id, ScoringConfig config, ScorerCatalog catalog) throws Exception {
        ScorerConfig scorer = configured(id, config, catalog);
        catalog.check(scorer.kind(), scorer.settings());
    }

    private static ScorerConfig configured(ScorerId id, ScoringConfig config, ScorerCatalog catalog) {
        return config.scorers().stream()
                .filter(s -> s.id().equals(id))
                .findFirst()
                .orElseGet(() -> withDefaults(id, catalog));
    }

    private static ScorerConfig withDefaults(ScorerId id, ScorerCatalog catalog) {
        return catalog.factories().stream()
                .filter(f -> f.name().equals(id.name()) && f.version().equals(id.version()))
                .findFirst()
                .map(f -> new ScorerConfig(f.name(), null, id.version(), null, null, null))
                .orElseThrow(() -> new IllegalArgumentException("scores of " + id
                        + " are missing and nothing says how to make them: describe it under scoring.scorers"
                        + " (kind, name, version, settings) in the file that --config names"));
    }
}
