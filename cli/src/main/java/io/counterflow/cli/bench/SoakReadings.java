package io.counterflow.cli.bench;

import java.util.ArrayList;
import java.util.List;

/** Memory of a process by the work it has done. Not thread-safe. */
final class SoakReadings {

    /** @param kilobytes the resident set, in KiB */
    record Reading(int round, long kilobytes) {}

    private final List<Reading> readings = new ArrayList<>();

    void add(int round, long kilobytes) {
        readings.add(new Reading(round, kilobytes));
    }

    List<Reading> all() {
        return List.copyOf(readings);
    }

    long lastKilobytes() {
        return readings.get(readings.size() - 1).kilobytes();
    }

    /** From the first reading to the last; negative where memory shrank. */
    long growthKilobytes() {
        return lastKilobytes() - readings.get(0).kilobytes();
    }
}
