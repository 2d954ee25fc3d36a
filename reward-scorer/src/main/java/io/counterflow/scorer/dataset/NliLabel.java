package io.counterflow.scorer.dataset;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** The three answers of natural language inference, in the order of SNLI's data sets. */
public enum NliLabel {
    /** The hypothesis follows. */
    ENTAILMENT,
    /** It may be true or not. */
    NEUTRAL,
    /** It cannot be true. */
    CONTRADICTION;

    /** As data sets and checkpoints spell it: lower case. */
    public String spelled() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** All three as spelled, in order. */
    public static List<String> names() {
        return Stream.of(values()).map(NliLabel::spelled).toList();
    }

    /**
     * Reads a label as checkpoints and data sets spell it: in any case, with {@code entail} or {@code contradict} in it, or 0, 1, 2 in the
     * order of SNLI.
     */
    public static Optional<NliLabel> read(String text) {
        String lower = text.strip().toLowerCase(Locale.ROOT);
        if (lower.matches("[012]")) {
            return Optional.of(values()[Integer.parseInt(lower)]);
        }
        List<NliLabel> fitting = new ArrayList<>();
        if (lower.contains("entail") && !lower.contains("not")) {
            fitting.add(ENTAILMENT);
        }
        if (lower.contains("neutral")) {
            fitting.add(NEUTRAL);
        }
        if (lower.contains("contradict")) {
            fitting.add(CONTRADICTION);
        }
        return fitting.size() == 1 ? Optional.of(fitting.get(0)) : Optional.empty();
    }
}
