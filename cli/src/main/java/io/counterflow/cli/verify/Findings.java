package io.counterflow.cli.verify;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/** What was claimed and whether it holds, said at once and kept. For one thread. */
final class Findings {

    private final Consumer<String> out;
    private final List<String> faults = new ArrayList<>();

    Findings(Consumer<String> out) {
        this.out = out;
    }

    /** Notes whether a claim holds. */
    void claim(String claim, boolean holds) {
        out.accept((holds ? "holds          " : "DOES NOT HOLD  ") + claim);
        if (!holds) {
            faults.add(claim);
        }
    }

    /** Notes whether two things that should be the same are. */
    void same(String what, String one, Object first, String other, Object second) {
        claim(
                "%-21s  %s %s  %s %s".formatted(what, one, shortened(first), other, shortened(second)),
                Objects.equals(first, second));
    }

    private static String shortened(Object value) {
        String text = String.valueOf(value);
        return text.length() > 16 ? text.substring(0, 16) + "…" : text;
    }

    List<String> faults() {
        return List.copyOf(faults);
    }
}
