package io.counterflow.scorer.rescore;

import io.counterflow.scorer.ScorerId;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a rescoring did.
 *
 * @param made groups that were written
 * @param givenUp groups with too few rewards; nothing was written of them, another rescoring tries them again
 * @param reused scores that were in the log
 * @param computed scores that were made, by scorer
 * @param failed scores that could not be made, by scorer; they are in the dead letters
 * @param causes why groups were given up, with how often
 */
public record RescoreSummary(
        long made,
        long givenUp,
        long reused,
        SortedMap<ScorerId, Long> computed,
        SortedMap<ScorerId, Long> failed,
        Map<String, Long> causes) {

    /** Copies the maps. */
    public RescoreSummary {
        computed = Collections.unmodifiableSortedMap(new TreeMap<>(computed));
        failed = Collections.unmodifiableSortedMap(new TreeMap<>(failed));
        causes = Collections.unmodifiableMap(new TreeMap<>(causes));
    }

    static RescoreSummary nothing() {
        return new RescoreSummary(0, 0, 0, new TreeMap<>(), new TreeMap<>(), Map.of());
    }

    RescoreSummary plus(RescoreSummary other) {
        return new RescoreSummary(
                made + other.made,
                givenUp + other.givenUp,
                reused + other.reused,
                sum(computed, other.computed),
                sum(failed, other.failed),
                sum(new TreeMap<>(causes), new TreeMap<>(other.causes)));
    }

    private static <K> SortedMap<K, Long> sum(SortedMap<K, Long> a, SortedMap<K, Long> b) {
        SortedMap<K, Long> sum = new TreeMap<>(a);
        b.forEach((key, count) -> sum.merge(key, count, Long::sum));
        return sum;
    }
}
