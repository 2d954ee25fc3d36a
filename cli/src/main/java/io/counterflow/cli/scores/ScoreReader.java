package io.counterflow.cli.scores;

import io.counterflow.cli.scores.ScoreComparison.Valued;
import io.counterflow.log.Log;
import io.counterflow.log.LogException;
import io.counterflow.log.LogReader;
import io.counterflow.log.Topic;
import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.ScorerId;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;

/** Reads the topic of scores, of one run or of all. */
final class ScoreReader {

    private final Log log;
    private final String runId;

    /** @param runId null for all runs */
    ScoreReader(Log log, String runId) {
        this.log = log;
        this.runId = runId;
    }

    /** Every version of every scorer, by name and version. */
    Collection<ScorerSummary> summaries() {
        SortedMap<ScorerId, ScorerSummary> summaries = new TreeMap<>();
        read(score -> summaries.computeIfAbsent(id(score), ScorerSummary::new).add(score));
        return summaries.values();
    }

    /**
     * Compares two of them; where a completion has several scores by one, its first counts.
     *
     * @throws LogException when one of them has scored nothing, with those there are
     */
    ScoreComparison compare(ScorerId first, ScorerId second) {
        Map<ScorerId, Map<String, Valued>> values = new TreeMap<>();
        read(score -> {
            if (score.getOutcome() == Outcome.SCORED && score.getValue() != null) {
                Map<String, Valued> ofScorer = values.computeIfAbsent(id(score), id -> new LinkedHashMap<>());
                if (id(score).equals(first) || id(score).equals(second)) {
                    ofScorer.putIfAbsent(score.getCompletionId(), new Valued(score.getGroupId(), score.getValue()));
                }
            }
        });
        for (ScorerId wanted : new ScorerId[] {first, second}) {
            if (!values.containsKey(wanted)) {
                throw new LogException(wanted + " has no scores"
                        + (runId == null ? "" : " of run " + runId)
                        + " in the log; there are scores of " + (values.isEmpty() ? "none" : values.keySet()));
            }
        }
        return ScoreComparison.of(first, values.get(first), second, values.get(second));
    }

    private static ScorerId id(Score score) {
        return new ScorerId(score.getScorer(), score.getScorerVersion());
    }

    private void read(Consumer<Score> each) {
        try (LogReader<Score> reader = new LogReader<>(log, Topic.SCORES, Score.class)) {
            reader.read(reader.everything(), record -> {
                if (runId == null || runId.equals(record.value().getRunId())) {
                    each.accept(record.value());
                }
            });
        }
    }
}
