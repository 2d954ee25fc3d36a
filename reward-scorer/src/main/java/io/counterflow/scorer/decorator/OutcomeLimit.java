package io.counterflow.scorer.decorator;

import io.counterflow.scorer.api.ScoreOutcome;
import io.counterflow.scorer.api.ScoreOutcome.Failed;
import io.counterflow.scorer.api.ScoreOutcome.Rejected;
import io.counterflow.scorer.api.ScoreOutcome.Scored;
import io.counterflow.scorer.api.ScoreOutcome.TimedOut;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keeps what an outcome says within what a record of the log can hold, beside the outcomes of a whole group. The value is never touched; words are
 * cut, and say so.
 */
final class OutcomeLimit {

    /** Most bytes (UTF-8) that the details of one outcome have. */
    static final int DETAILS = 64 << 10;

    /** Most bytes (UTF-8) of a cause. */
    static final int CAUSE = 4 << 10;

    static final int COMPONENTS = 1_000;
    static final int NAME = 256;
    static final String NOTE = "(cut)";

    private static final int MOST_DETAILS = 100;

    private OutcomeLimit() {}

    static ScoreOutcome apply(ScoreOutcome outcome) {
        if (outcome instanceof Scored scored) {
            return scored(scored);
        }
        if (outcome instanceof Failed failed) {
            return new Failed(cut(failed.cause(), CAUSE));
        }
        return outcome instanceof TimedOut timedOut
                ? new TimedOut(cut(timedOut.cause(), CAUSE))
                : new Rejected(cut(((Rejected) outcome).cause(), CAUSE));
    }

    private static ScoreOutcome scored(Scored scored) {
        if (scored.components().size() > COMPONENTS) {
            return new Failed("the score has " + scored.components().size() + " components, more than " + COMPONENTS);
        }
        for (String name : scored.components().keySet()) {
            if (bytes(name) > NAME) {
                return new Failed(
                        "a component of the score has a name of more than " + NAME + " bytes: " + cut(name, NAME));
            }
        }
        long size = scored.details().entrySet().stream()
                .mapToLong(detail -> bytes(detail.getKey()) + bytes(detail.getValue()))
                .sum();
        return size <= DETAILS
                ? scored
                : new Scored(scored.value(), scored.components(), cutDetails(scored.details(), size));
    }

    /** The same details with the longest of them cut, so that short ones stay whole. */
    private static Map<String, String> cutDetails(Map<String, String> details, long size) {
        Map<String, String> kept = new LinkedHashMap<>();
        new TreeMap<>(details)
                .entrySet().stream()
                        .filter(detail -> bytes(detail.getKey()) <= NAME)
                        .limit(MOST_DETAILS)
                        .forEach(detail -> kept.put(detail.getKey(), detail.getValue()));
        long room = DETAILS / 2;
        int most = 0;
        long[] sizes =
                kept.values().stream().mapToLong(OutcomeLimit::bytes).sorted().toArray();
        for (int i = 0; i < sizes.length; i++) {
            most = (int) Math.min(sizes[i], room / (sizes.length - i));
            room -= most;
        }
        int longest = most;
        kept.replaceAll((name, value) -> cut(value, longest));
        kept.put(
                NOTE,
                "the details had " + size + " bytes under " + details.size() + " names, more than the " + DETAILS
                        + " that are kept"
                        + (kept.size() < details.size()
                                ? "; " + (details.size() - kept.size()) + " of them are left out"
                                : ""));
        return kept;
    }

    /** The beginning of a text, at a border of characters, and how long the whole was. */
    static String cut(String text, int most) {
        int size = bytes(text);
        if (size <= most) {
            return text;
        }
        int end = 0;
        for (int used = 0; end < text.length(); ) {
            int character = text.codePointAt(end);
            used += character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
            if (used > most) {
                break;
            }
            end += Character.charCount(character);
        }
        return text.substring(0, end) + " ... (cut, it had " + size + " bytes)";
    }

    private static int bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
