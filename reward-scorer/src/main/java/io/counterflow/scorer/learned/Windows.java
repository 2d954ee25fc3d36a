package io.counterflow.scorer.learned;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Divides a text that is too long for a model into parts that fit. Parts are whole sentences where these fit, each part beginning with the
 * last sentence of the one before, since what follows from two neighbouring sentences should follow from one part. Longer sentences are
 * divided between words, longer words between characters. Nothing is left out.
 */
final class Windows {

    private final ToIntFunction<String> tokens;

    /** @param tokens how many tokens a text has, without special ones */
    Windows(ToIntFunction<String> tokens) {
        this.tokens = tokens;
    }

    /**
     * The parts.
     *
     * @param most tokens of a part, at least 1
     */
    List<String> of(String text, int most) {
        if (tokens.applyAsInt(text) <= most) {
            return List.of(text);
        }
        List<String> pieces = new ArrayList<>();
        for (String sentence : Sentences.of(text)) {
            pieces.addAll(tokens.applyAsInt(sentence) <= most ? List.of(sentence) : words(sentence, most));
        }
        List<String> windows = new ArrayList<>();
        int from = 0;
        while (from < pieces.size()) {
            int to = from + 1;
            String window = pieces.get(from);
            while (to < pieces.size() && fits(window + " " + pieces.get(to), most)) {
                window = window + " " + pieces.get(to);
                to++;
            }
            windows.add(window);
            if (to == pieces.size()) {
                break;
            }
            // The overlap must leave room for the next sentence, or no window would get any further.
            boolean overlap = to - from > 1 && fits(pieces.get(to - 1) + " " + pieces.get(to), most);
            from = overlap ? to - 1 : to;
        }
        return windows;
    }

    private boolean fits(String text, int most) {
        return tokens.applyAsInt(text) <= most;
    }

    private List<String> words(String sentence, int most) {
        List<String> parts = new ArrayList<>();
        String part = "";
        for (String word : sentence.split("\\s+")) {
            String longer = part.isEmpty() ? word : part + " " + word;
            if (fits(longer, most)) {
                part = longer;
                continue;
            }
            if (!part.isEmpty()) {
                parts.add(part);
            }
            part = word;
            while (!fits(part, most) && part.codePointCount(0, part.length()) > 1) {
                int half = part.offsetByCodePoints(0, part.codePointCount(0, part.length()) / 2);
                while (!fits(part.substring(0, half), most) && part.codePointCount(0, half) > 1) {
                    half = part.offsetByCodePoints(0, part.codePointCount(0, half) / 2);
                }
                parts.add(part.substring(0, half));
                part = part.substring(half);
            }
        }
        if (!part.isEmpty()) {
            parts.add(part);
        }
        return parts;
    }
}
