package io.counterflow.cli.scores;

import io.counterflow.scorer.ScorerId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.math3.stat.correlation.KendallsCorrelation;
import org.apache.commons.math3.stat.correlation.PearsonsCorrelation;
import org.apache.commons.math3.stat.correlation.SpearmansCorrelation;

/**
 * Two scorers, or versions of one, on the completions that both have scored.
 *
 * @param first one of them
 * @param second the other
 * @param values of the completions that both have scored, as [first's, second's]
 * @param onlyFirst completions that the second has no score of
 * @param onlySecond completions that the first has no score of
 * @param preferences what they say of pairs of completions of one group, which is what training is about
 */
record ScoreComparison(
        ScorerId first,
        ScorerId second,
        List<double[]> values,
        long onlyFirst,
        long onlySecond,
        Preferences preferences) {

    /** A completion's value and its group. */
    record Valued(String groupId, double value) {}

    /**
     * Pairs of completions of one group.
     *
     * @param same both prefer the same completion
     * @param opposite they prefer different ones
     * @param oneTie one of them prefers none
     * @param bothTie neither prefers one
     */
    record Preferences(long same, long opposite, long oneTie, long bothTie) {

        /** Share of the pairs on which both prefer one, that they agree on; NaN without such pairs. */
        double agreement() {
            return (double) same / (same + opposite);
        }
    }

    /** Compares values by completion. */
    static ScoreComparison of(
            ScorerId first, Map<String, Valued> firsts, ScorerId second, Map<String, Valued> seconds) {
        List<double[]> values = new ArrayList<>();
        Map<String, List<double[]>> groups = new LinkedHashMap<>();
        firsts.forEach((completion, valued) -> {
            Valued other = seconds.get(completion);
            if (other != null) {
                double[] both = {valued.value(), other.value()};
                values.add(both);
                groups.computeIfAbsent(valued.groupId(), id -> new ArrayList<>())
                        .add(both);
            }
        });
        return new ScoreComparison(
                first,
                second,
                values,
                firsts.size() - values.size(),
                seconds.size() - values.size(),
                preferences(groups));
    }

    private static Preferences preferences(Map<String, List<double[]>> groups) {
        long same = 0;
        long opposite = 0;
        long oneTie = 0;
        long bothTie = 0;
        for (List<double[]> group : groups.values()) {
            for (int i = 0; i < group.size(); i++) {
                for (int j = 0; j < i; j++) {
                    int a = Double.compare(group.get(i)[0], group.get(j)[0]);
                    int b = Double.compare(group.get(i)[1], group.get(j)[1]);
                    if (a == 0 && b == 0) {
                        bothTie++;
                    } else if (a == 0 || b == 0) {
                        oneTie++;
                    } else if (Integer.signum(a) == Integer.signum(b)) {
                        same++;
                    } else {
                        opposite++;
                    }
                }
            }
        }
        return new Preferences(same, opposite, oneTie, bothTie);
    }

    /** Spearman's rank correlation, ties by their mean rank; NaN where a scorer gives one value only. */
    double spearman() {
        return values.size() < 2 ? Double.NaN : new SpearmansCorrelation().correlation(column(0), column(1));
    }

    /** Kendall's tau-b; NaN where a scorer gives one value only. */
    double kendall() {
        return values.size() < 2 ? Double.NaN : new KendallsCorrelation().correlation(column(0), column(1));
    }

    /** Pearson's correlation; NaN where a scorer gives one value only. */
    double pearson() {
        return values.size() < 2 ? Double.NaN : new PearsonsCorrelation().correlation(column(0), column(1));
    }

    /** Share of completions to which both give the very same value. */
    double equal() {
        return values.stream().filter(v -> v[0] == v[1]).count() / (double) values.size();
    }

    /** Mean of second minus first. */
    double meanDifference() {
        return values.stream().mapToDouble(v -> v[1] - v[0]).average().orElse(Double.NaN);
    }

    private double[] column(int index) {
        return values.stream().mapToDouble(v -> v[index]).toArray();
    }
}
