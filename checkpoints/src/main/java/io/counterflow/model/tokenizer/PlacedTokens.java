package io.counterflow.model.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import java.util.Arrays;

/**
 * The tokens of a text and where in it each stands, in code points. Tokens that the tokenizer's template adds stand nowhere; those that the text itself
 * begins or ends with are not added again.
 *
 * @param ids the tokens
 * @param spans as many; null for a token of the template
 * @param dropped tokens of the template that were left out before the first
 */
record PlacedTokens(int[] ids, CharSpan[] spans, int dropped) {

    static PlacedTokens of(Encoding encoding) {
        int[] ids = Arrays.stream(encoding.getIds()).mapToInt(Math::toIntExact).toArray();
        CharSpan[] spans = encoding.getCharTokenSpans();
        int leading = 0;
        while (leading < ids.length && spans[leading] == null) {
            leading++;
        }
        int end = ids.length;
        while (end > leading && spans[end - 1] == null) {
            end--;
        }
        int from = repeats(ids, 0, leading, leading, end) ? leading : 0;
        int to = repeats(ids, end, ids.length, Math.max(leading, end - (ids.length - end)), end) ? end : ids.length;
        return new PlacedTokens(Arrays.copyOfRange(ids, from, to), Arrays.copyOfRange(spans, from, to), from);
    }

    /** Whether what begins at {@code start} and ends before {@code end} begins with the ids of {@code from} to {@code to}, which are some. */
    private static boolean repeats(int[] ids, int from, int to, int start, int end) {
        int length = to - from;
        return length > 0 && end - start >= length && Arrays.equals(ids, from, to, ids, start, start + length);
    }

    /** Divides the tokens before the first that stands for something behind this many code points. */
    TokenSplit split(int border) {
        int cut = 0;
        while (cut < ids.length && spans[cut] == null) {
            cut++;
        }
        while (cut < ids.length && spans[cut] != null && spans[cut].getEnd() <= border) {
            cut++;
        }
        return new TokenSplit(Arrays.copyOf(ids, cut), Arrays.copyOfRange(ids, cut, ids.length));
    }

    /** Which tokens stand for something from one code point to another, the last excluded. */
    void mark(int from, int to, boolean[] marked) {
        for (int i = 0; i < ids.length; i++) {
            marked[i] |= spans[i] != null && spans[i].getStart() < to && spans[i].getEnd() > from;
        }
    }
}
