package io.counterflow.cli.report;

import io.counterflow.schemas.GroupMember;
import java.util.List;
import org.apache.commons.math3.stat.descriptive.DescriptiveStatistics;

/**
 * How the rewards of one evaluation lie. Every number is NaN where no completion was scored.
 *
 * @param mean their mean
 * @param deviation their standard deviation, of the completions that there are and not of those that there might be
 * @param low a tenth of the completions have less
 * @param median half of the completions have less
 * @param high nine tenths of the completions have less
 * @param largest of all
 * @param full share of the completions whose reward is 1 or more: for unit tests, all passed
 */
public record Rewards(
        double mean, double deviation, double low, double median, double high, double largest, double full) {

    private static final double FULL = 1;

    static Rewards of(List<GroupMember> members) {
        DescriptiveStatistics values = new DescriptiveStatistics();
        members.forEach(m -> values.addValue(m.getReward()));
        return new Rewards(
                values.getMean(),
                Math.sqrt(values.getPopulationVariance()),
                values.getPercentile(10),
                values.getPercentile(50),
                values.getPercentile(90),
                values.getMax(),
                members.stream()
                        .mapToDouble(m -> m.getReward() >= FULL ? 1 : 0)
                        .average()
                        .orElse(Double.NaN));
    }

    /** Whether some completion has a reward of exactly 1 and none has more: only then is 1 what a completion can reach, and {@link #full} says something. */
    static boolean reachFull(List<Rewards> evaluations) {
        return evaluations.stream().mapToDouble(Rewards::largest).max().orElse(Double.NaN) == FULL;
    }
}
