package io.counterflow.cli.verify;

import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** How often each part was killed. */
final class KillCounts {

    private final Map<Part, Integer> counts = new EnumMap<>(Part.class);

    void add(Part part) {
        counts.merge(part, 1, Integer::sum);
    }

    int of(Part part) {
        return counts.getOrDefault(part, 0);
    }

    @Override
    public String toString() {
        return Stream.of(Part.values())
                .map(part -> part + " " + of(part) + (of(part) == 1 ? " time" : " times"))
                .collect(Collectors.joining(", "));
    }
}
