package io.counterflow.scorer.service;

import static java.util.Objects.requireNonNullElse;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import io.counterflow.scorer.ScorerId;
import io.counterflow.scorer.streams.StreamsSettings;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Configuration of a {@link ScoringService}.
 *
 * @param scorers the scorers to run
 * @param plugins folder with jars of further scorers
 * @param streams how the applications run
 */
public record ScoringConfig(
        @JsonPropertyDescription("The scorers to run, each an application of its own. Default: unit-tests.")
        List<ScorerConfig> scorers,

        @JsonPropertyDescription("Folder with jars of further scorers. Default: none.")
        Path plugins,

        @JsonPropertyDescription("How the applications run.")
        StreamsSettings streams) {

    /** Fills in defaults. */
    public ScoringConfig {
        scorers = scorers == null ? List.of(ScorerConfig.of("unit-tests")) : List.copyOf(scorers);
        streams = requireNonNullElse(streams, StreamsSettings.defaults());
        if (scorers.isEmpty()) {
            throw new IllegalArgumentException("scorers is empty; name at least one, e.g. - kind: unit-tests");
        }
        Set<ScorerId> ids = new HashSet<>();
        for (ScorerConfig scorer : scorers) {
            if (!ids.add(scorer.id())) {
                throw new IllegalArgumentException(
                        "scorer " + scorer.id() + " is listed twice; give one another name or version");
            }
        }
    }

    /** All defaults. */
    public static ScoringConfig defaults() {
        return new ScoringConfig(null, null, null);
    }
}
