package io.counterflow.model.checkpoint;

import java.util.List;

/** What is wrong with a checkpoint, in one line. */
final class Faults {
    private Faults() {}

    /** The first faults, and how many more there are. */
    static String line(List<String> faults, int most) {
        String shown = String.join("; ", faults.subList(0, Math.min(faults.size(), most)));
        return faults.size() <= most ? shown : "%s; and %d more".formatted(shown, faults.size() - most);
    }
}
