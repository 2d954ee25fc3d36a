package io.counterflow.cli.scores;

import io.counterflow.schemas.Outcome;
import io.counterflow.schemas.Score;
import io.counterflow.scorer.ScorerId;
import java.util.EnumMap;
import java.util.Map;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/** What one version of a scorer said, in numbers. Not thread-safe. */
final class ScorerSummary {

    private final ScorerId scorer;
    private final Map<Outcome, Long> outcomes = new EnumMap<>(Outcome.class);
    private final SummaryStatistics values = new SummaryStatistics();
    private final DescriptiveStatistics milliseconds = new DescriptiveStatistics();

    ScorerSummary(ScorerId scorer) {
        this.scorer = scorer;
    }

    void add(Score score) {
        outcomes.merge(score.getOutcome(), 1L, Long::sum);
        milliseconds.addValue(score.getDurationMicros() / 1000.0);
        if (score.getOutcome() == Outcome.SCORED && score.getValue() != null) {
            values.addValue(score.getValue());
        }
    }

    ScorerId scorer() {
        return scorer;
    }

    long count(Outcome outcome) {
        return outcomes.getOrDefault(outcome, 0L);
    }

    /** Mean of the values; NaN without any. */
    double mean() {
        return values.getMean();
    }

    /** Sample standard deviation of the values; NaN without any. */
    double deviation() {
        return values.getStandardDeviation();
    }

    double least() {
        return values.getMin();
    }

    double greatest() {
        return values.getMax();
    }

    /** Time of a call in milliseconds that this share of the scores, in percent, was made within. */
    double milliseconds(double percentile) {
        return milliseconds.getPercentile(percentile);
    }
}
