package io.counterflow.model.tokenizer;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;

/**
 * The text of a completion while its tokens come: what decoding prompt and completion adds to decoding the prompt. It is not what decoding
 * the completion alone gives: the first token of a text loses its space where the tokenizer put one there (SentencePiece), or gets none
 * (WordPiece).
 *
 * <ul>
 *   <li>Prompt and text together are the decoding of the whole, always with the special tokens left out of both, or of neither.
 *   <li>A prompt that ends within a character which the completion completes, or spoils, has a decoding that the whole does not begin with.
 *       The text then begins where the two part: it has the whole character.
 *   <li>A character of which some bytes are missing yet is U+FFFD, as the decoder writes it, and may become another. With byte fallback,
 *       one false byte makes every byte of its run into U+FFFD.
 * </ul>
 *
 * <p>Each token costs the decoding of a few: only what may still change, and one token before it, is decoded again. Not thread-safe.
 */
public final class CompletionText {
    // No character has more bytes; tokens after which one begins anew are never further apart.
    private static final int LONGEST_CHARACTER = 4;
    private static final char REPLACEMENT = ByteRun.REPLACEMENT;

    private final Tokenizer tokenizer;
    private final boolean skipSpecialTokens;
    // What the prompt's decoding ends with that the completion may still change.
    private final String promptTail;
    // What follows the part of the prompt that is sure, as far as it is sure too, but for what a byte run takes back.
    private final StringBuilder settled = new StringBuilder();
    private final ByteRun run;
    // Tokens that are decoded together: some before, whose decoding is the prefix, then those whose text is open.
    private int[] window;
    private int length;
    private int read;
    private int readBefore;
    private String prefix;
    private String open = "";
    private int lastToken;
    // Until the text begins, whole decodings: what is stripped from the beginning of a text can be more than a token.
    private boolean begun;

    /** Of a completion without tokens so far, special tokens left out. */
    public CompletionText(Tokenizer tokenizer, int[] prompt) {
        this(tokenizer, prompt, true);
    }

    /** @param skipSpecialTokens leaves special tokens out, or spells them */
    CompletionText(Tokenizer tokenizer, int[] prompt, boolean skipSpecialTokens) {
        this.tokenizer = requireNonNull(tokenizer, "tokenizer is null");
        this.skipSpecialTokens = skipSpecialTokens;
        window = Arrays.stream(prompt).filter(this::hasText).toArray();
        length = window.length;
        lastToken = length == 0 ? -1 : window[length - 1];
        String before = decode(0, length);
        run = new ByteRun(settled);
        read = endOfSure(before);
        String sure = read == length ? before : decode(0, read);
        begun = !sure.isEmpty() && before.startsWith(sure);
        read = begun ? read : 0;
        prefix = begun ? sure : "";
        promptTail = before.substring(prefix.length());
        for (int i = 0; i < length; i++) {
            int value = tokenizer.byteOf(window[i]);
            if (value < 0) {
                run.end(false);
            } else {
                run.add(value, begun && i >= read);
            }
        }
    }

    /** How many tokens of the prompt have a text that no completion changes. */
    private int endOfSure(String before) {
        int end = length;
        if (tokenizer.spellsBytes()) {
            while (end > 0 && tokenizer.byteOf(window[end - 1]) >= 0) {
                end--;
            }
            return end;
        }
        for (String text = before; end > 0 && !isComplete(text); text = decode(0, end)) {
            end = length - end == LONGEST_CHARACTER ? 0 : end - 1;
        }
        return end;
    }

    /**
     * The whole text of a completion, special tokens left out.
     *
     * @param prompt the tokens before it, as the model saw them
     * @param completion its tokens
     */
    public static String of(Tokenizer tokenizer, int[] prompt, int[] completion) {
        return of(tokenizer, prompt, completion, true);
    }

    /** The definition, in two decodings. */
    static String of(Tokenizer tokenizer, int[] prompt, int[] completion, boolean skipSpecialTokens) {
        int[] both = Arrays.copyOf(prompt, prompt.length + completion.length);
        System.arraycopy(completion, 0, both, prompt.length, completion.length);
        String before = tokenizer.decode(prompt, skipSpecialTokens);
        String whole = tokenizer.decode(both, skipSpecialTokens);
        return whole.substring(common(before, whole));
    }

    /** Takes the next token. */
    public void append(int token) {
        if (!hasText(token)) {
            return;
        }
        int value = tokenizer.byteOf(token);
        if (value >= 0 && begun) {
            run.add(value, true);
            lastToken = token;
            return;
        }
        if (run.active() && begun) {
            // After a run, whose last byte keeps its place before the next token.
            run.end(true);
            window = new int[] {lastToken, 0};
            length = 1;
            read = 1;
            readBefore = 0;
            prefix = decode(0, 1);
        } else if (value >= 0) {
            run.add(value, false);
        } else {
            run.end(false);
        }
        lastToken = token;
        if (length == window.length) {
            window = Arrays.copyOf(window, 2 * length + 8);
        }
        window[length++] = token;
        String all = decode(0, length);
        open = all.substring(common(prefix, all));
        if (run.active() ? !run.isOpen() : isComplete(all)) {
            settle(all);
        } else if (!run.active() && length - read > 2 * LONGEST_CHARACTER) {
            // Not within a run of bytes: its parts have the text of the whole until its last byte comes, and another
            // then.
            settleBeforeLastCharacter(all);
        }
    }

    private boolean hasText(int token) {
        return tokenizer.isKnown(token) && !(skipSpecialTokens && tokenizer.isSpecial(token));
    }

    /** Whether no token that follows can change the text of the tokens so far. */
    private boolean isComplete(String text) {
        return tokenizer.spellsBytes() || !text.endsWith("" + REPLACEMENT);
    }

    private void settle(String all) {
        if (!begun) {
            if (all.isEmpty()) {
                return;
            }
            begun = true;
        }
        settled.append(open);
        open = "";
        // A token before the next one keeps it from being the first of a text; it must have text itself to do so.
        for (int from : new int[] {read, readBefore}) {
            String begin = decode(from, length);
            if (!begin.isEmpty()) {
                window = Arrays.copyOfRange(window, from, length + 8);
                length -= from;
                readBefore = Math.max(0, read - from);
                read = length;
                prefix = begin;
                return;
            }
        }
        readBefore = read;
        read = length;
        prefix = all;
    }

    /**
     * Of many tokens that each end within a character, as a model may repeat one: what stands before the last place at which a character
     * begins, which is where the parts have the text of the whole.
     */
    private void settleBeforeLastCharacter(String all) {
        for (int at = length - 1; at >= length - LONGEST_CHARACTER; at--) {
            String left = decode(0, at);
            int[] rest = Arrays.copyOf(window, read + length - at);
            System.arraycopy(window, at, rest, read, length - at);
            String right = tokenizer.decode(rest, false);
            if (left.startsWith(prefix)
                    && right.startsWith(prefix)
                    && all.equals(left + right.substring(prefix.length()))) {
                settled.append(left, prefix.length(), left.length());
                begun |= !left.isEmpty();
                open = right.substring(prefix.length());
                window = Arrays.copyOf(rest, rest.length + 8);
                length = rest.length;
                return;
            }
        }
    }

    private String decode(int from, int to) {
        return tokenizer.decode(Arrays.copyOfRange(window, from, to), false);
    }

    private static String withoutReplacement(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == REPLACEMENT) {
            end--;
        }
        return text.substring(0, end);
    }

    /** How many characters two texts have in common at their beginning; no surrogate pair is divided. */
    private static int common(String before, String whole) {
        if (whole.startsWith(before)) {
            return before.length();
        }
        int at = Arrays.mismatch(before.toCharArray(), whole.toCharArray());
        return at > 0 && Character.isHighSurrogate(whole.charAt(at - 1)) ? at - 1 : at;
    }

    /** Characters so far, those included that later tokens may change. */
    public int length() {
        return end() - border();
    }

    /** How many characters at the beginning no later token changes. */
    public int settled() {
        return Math.max(0, (run.active() ? run.from() : settled.length()) - border());
    }

    /** How many characters there are before the one of which bytes are missing; all of them where none is. */
    public int complete() {
        int complete = run.isOpen()
                ? run.from()
                : settled.length() + (isComplete(open) ? open : withoutReplacement(open)).length();
        return Math.max(0, complete - border());
    }

    /** A part of the text so far. */
    public String text(int from, int to) {
        return slice(border() + from, border() + to);
    }

    /** The text so far. */
    public String text() {
        return slice(border(), end());
    }

    /** Tokens that the next one is decoded with; for tests of what it costs. */
    int decodedTogether() {
        return length;
    }

    /** How much of what is here is the prompt's. */
    private int border() {
        return promptTail.isEmpty() ? 0 : common(promptTail, slice(0, Math.min(end(), promptTail.length())));
    }

    private int end() {
        return runIsOpen() ? run.from() + run.bytes() : settled.length() + open.length();
    }

    private String slice(int from, int to) {
        int sure = runIsOpen() ? run.from() : settled.length();
        StringBuilder text = new StringBuilder(to - from);
        text.append(settled, Math.min(from, sure), Math.min(to, sure));
        if (to > sure) {
            text.append(
                    runIsOpen() ? Character.toString(REPLACEMENT).repeat(run.bytes()) : open,
                    Math.max(0, from - sure),
                    to - sure);
        }
        return text.toString();
    }

    /** Whether the text ends with a run of bytes that is no text yet; where nothing has begun, the decoder has written it. */
    private boolean runIsOpen() {
        return begun && run.isOpen();
    }
}
