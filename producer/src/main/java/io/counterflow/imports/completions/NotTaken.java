package io.counterflow.imports.completions;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What of a file's sound lines is not in the log after an import, by cause.
 *
 * @param counts how many, by cause; causes that did not occur are not there
 * @param lines the first lines of each cause, in order
 */
public record NotTaken(Map<Cause, Integer> counts, Map<Cause, List<Long>> lines) {

    private static final int SHOWN = 5;

    /** Why something was left out. */
    public enum Cause {
        /** The completion, or the pair, stands in an earlier line with the same scores. */
        REPEATED("in an earlier line already"),
        /** The completion stands in an earlier line with other scores, and the first were taken. */
        OTHER_SCORES("in an earlier line already, with other scores; those of the first line were taken"),
        /** The log has the completion with other scores, or with none of that scorer. */
        SCORED_OTHERWISE("in the log already, where the scores are others or there are none; what the log has stays"),
        /** A pair of which the file also says the opposite. */
        CONTRADICTION("preferred the other way round in another line; neither was taken"),
        /** A pair of which the log says the opposite. */
        CONTRADICTS_LOG("preferred the other way round in the log; what the log has stays"),
        /** A prompt's only completion. */
        ALONE("the only one of its prompt: a loss compares at least two"),
        /** The only further completion of a prompt that the log has groups of. */
        ALONE_FURTHER(
                "the only further one of a prompt that the log has; give it with another completion of the prompt, an old one will do"),
        /** Metadata that differ from those of the prompt's first line. */
        OTHER_METADATA("with other metadata than the first line of the prompt, whose metadata were taken");

        private final String words;

        Cause(String words) {
            this.words = words;
        }
    }

    /** Copies what it is given. */
    public NotTaken {
        counts = Map.copyOf(counts);
        lines = Map.copyOf(lines);
    }

    /** How many there are of a cause. */
    public int count(Cause cause) {
        return counts.getOrDefault(cause, 0);
    }

    /** A line for each cause that occurred, with the first lines of the file that it is about. */
    public List<String> describe(String one, String several) {
        List<String> described = new ArrayList<>();
        for (Cause cause : Cause.values()) {
            int count = count(cause);
            if (count > 0) {
                List<Long> at = lines.getOrDefault(cause, List.of());
                String what =
                        cause == Cause.OTHER_METADATA ? (count == 1 ? "line" : "lines") : count == 1 ? one : several;
                described.add("%d %s %s (line%s %s%s)"
                        .formatted(
                                count,
                                what,
                                cause.words,
                                at.size() == 1 ? "" : "s",
                                at.stream().map(String::valueOf).collect(Collectors.joining(", ")),
                                count > at.size() ? ", ..." : ""));
            }
        }
        return described;
    }

    /** Counts. */
    static final class Counter {
        private final Map<Cause, Integer> counts = new EnumMap<>(Cause.class);
        private final Map<Cause, List<Long>> lines = new EnumMap<>(Cause.class);

        void add(Cause cause, long line) {
            counts.merge(cause, 1, Integer::sum);
            List<Long> shown = lines.computeIfAbsent(cause, c -> new ArrayList<>());
            if (shown.size() < SHOWN) {
                shown.add(line);
            }
        }

        NotTaken counted() {
            return new NotTaken(counts, lines);
        }
    }
}
