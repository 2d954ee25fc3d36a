package io.counterflow.model.tokenizer;

import java.util.ArrayList;
import java.util.List;

/**
 * The text of a completion while its tokens come, and whether one of some strings stops it. A stop string fires where the completion's own
 * text has it, the prompt's last characters not counted, and never on a character of which bytes are missing. The text leaves special tokens
 * out; a stop string that holds the spelling of one, such as {@code <|im_end|>} or {@code <|im_start|>user}, fires on that token too, but no
 * stop string fires on a part of one. Not thread-safe.
 */
public final class StoppableText {
    private final Tokenizer tokenizer;
    private final List<String> strings;
    private final CompletionText text;
    // The same with special tokens spelled, where a string needs that.
    private final List<String> withSpecial;
    private final CompletionText spelled;
    private final List<SpecialToken> specialTokens = new ArrayList<>();
    private int stop = -1;

    /**
     * A special token of the completion.
     *
     * @param from where it begins in the spelled text
     * @param to where it ends there
     * @param before the characters before it in the text without special tokens
     */
    private record SpecialToken(int from, int to, int before) {}

    /**
     * @param prompt the tokens before the completion
     * @param strings that stop it; none of them empty
     */
    public StoppableText(Tokenizer tokenizer, int[] prompt, List<String> strings) {
        this.tokenizer = tokenizer;
        this.strings = List.copyOf(strings);
        text = new CompletionText(tokenizer, prompt);
        withSpecial = strings.stream()
                .filter(string -> tokenizer.special().values().stream()
                        .anyMatch(special -> !special.isEmpty() && string.contains(special)))
                .toList();
        spelled = withSpecial.isEmpty() ? null : new CompletionText(tokenizer, prompt, false);
    }

    /**
     * Takes the next token; not to be called once stopped.
     *
     * @return whether the text is stopped now
     */
    public boolean append(int token) {
        int sure = text.settled();
        text.append(token);
        stop = first(text, strings, sure);
        if (spelled != null) {
            int inSpelled = firstSpelled(token);
            stop = stop < 0 || inSpelled >= 0 && inSpelled < stop ? inSpelled : stop;
        }
        return stop >= 0;
    }

    /** Whether a stop string has fired. */
    public boolean isStopped() {
        return stop >= 0;
    }

    /** The text, special tokens left out, up to where a stop string begins. */
    public String text() {
        return stop < 0 ? text.text() : text.text(0, stop);
    }

    /** Where the first of the strings begins that was not there before the last token; -1 where there is none. */
    private static int first(CompletionText text, List<String> strings, int sure) {
        int first = -1;
        for (String string : strings) {
            int from = Math.max(0, sure - string.length() + 1);
            int at = from < text.complete() ? text.text(from, text.complete()).indexOf(string) : -1;
            if (at >= 0 && (first < 0 || from + at < first)) {
                first = from + at;
            }
        }
        return first;
    }

    private int firstSpelled(int token) {
        int sure = spelled.settled();
        spelled.append(token);
        if (tokenizer.isSpecial(token)) {
            remember(tokenizer.special().get(token));
        }
        int first = -1;
        for (String string : withSpecial) {
            int from = Math.max(0, sure - string.length() + 1);
            String part = from < spelled.complete() ? spelled.text(from, spelled.complete()) : "";
            for (int at = part.indexOf(string); at >= 0; at = part.indexOf(string, at + 1)) {
                int begin = placeInText(from + at, from + at + string.length());
                if (begin >= 0) {
                    first = first < 0 ? begin : Math.min(first, begin);
                    break;
                }
            }
        }
        return first;
    }

    /** The token that came last is the last thing in the text; some decoders put a space before it. */
    private void remember(String spelling) {
        int end = spelled.length();
        String last = spelled.text(Math.max(0, end - spelling.length()), end);
        if (!spelling.isEmpty() && last.equals(spelling)) {
            specialTokens.add(new SpecialToken(end - spelling.length(), end, text.length()));
        }
    }

    /** Where a part of the spelled text begins in the other; -1 where it divides a special token or holds none. */
    private int placeInText(int from, int to) {
        int place = -1;
        for (int i = specialTokens.size() - 1; i >= 0 && specialTokens.get(i).to() > from; i--) {
            SpecialToken special = specialTokens.get(i);
            if (special.from() >= to) {
                continue;
            }
            if (special.from() < from || special.to() > to) {
                return -1;
            }
            // What stands before the token in the string is in the text as it is, but for a space that the token
            // brought.
            String before = spelled.text(from, special.from());
            String end = text.text(Math.max(0, special.before() - before.length()), special.before());
            place = special.before() - (end.equals(before) ? before : before.stripTrailing()).length();
        }
        return place;
    }
}
