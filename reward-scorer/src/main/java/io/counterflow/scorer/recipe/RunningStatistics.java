package io.counterflow.scorer.recipe;

import io.counterflow.schemas.ScoredGroup;
import io.counterflow.scorer.ScorerId;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Count, mean and spread of the values that were seen, one after the other (Welford 1962, "Note on a method for calculating
 * corrected sums of squares and products").
 *
 * @param count values so far
 * @param mean their mean; 0 without any
 * @param squares sum of their squared differences from the mean
 */
public record RunningStatistics(long count, double mean, double squares) {

    /** Nothing seen. */
    public static final RunningStatistics NONE = new RunningStatistics(0, 0, 0);

    /** Checks that the numbers can be statistics. */
    public RunningStatistics {
        if (count < 0 || !Double.isFinite(mean) || !(squares >= 0)) {
            throw new IllegalArgumentException(
                    "count " + count + ", mean " + mean + " and squares " + squares + " are no statistics");
        }
    }

    /** Those that a group was made with, by scorer. */
    public static Map<ScorerId, RunningStatistics> of(ScoredGroup group) {
        return group.getStatistics().stream()
                .collect(Collectors.toMap(
                        of -> new ScorerId(of.getScorer(), of.getScorerVersion()),
                        of -> new RunningStatistics(of.getCount(), of.getMean(), of.getSquares())));
    }

    /** With one value more. */
    public RunningStatistics with(double value) {
        long more = count + 1;
        double difference = value - mean;
        double moved = mean + difference / more;
        return new RunningStatistics(more, moved, squares + difference * (value - moved));
    }

    /** Standard deviation of the values seen, taken as the whole population. */
    public double deviation() {
        return count == 0 ? 0 : Math.sqrt(squares / count);
    }

    /** How many standard deviations a value is from the mean; 0 while all values are the same. */
    public double standardise(double value) {
        double deviation = deviation();
        return deviation > 0 ? (value - mean) / deviation : 0;
    }
}
