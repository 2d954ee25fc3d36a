package io.counterflow.scorer.encoding;

/** What is kept of a text with too many tokens. */
public enum Truncation {
    /** Its beginning. */
    HEAD,
    /** Its end. */
    TAIL,
    /**
     * A quarter of the room goes to its beginning, the rest to its end (Sun et al. 2019, "How to Fine-Tune BERT for Text Classification?",
     * section 5.3.1, where this beat either).
     */
    ENDS;

    private static final int HEAD_SHARE = 4;

    /** The tokens that stay, in order, of {@code tokens[from..to)} where {@code room} may stay; all where they fit. */
    int[] kept(int from, int to, int room) {
        int length = Math.min(to - from, Math.max(0, room));
        int head =
                switch (this) {
                    case HEAD -> length;
                    case TAIL -> 0;
                    case ENDS -> length / HEAD_SHARE;
                };
        int[] places = new int[length];
        for (int i = 0; i < length; i++) {
            places[i] = i < head ? from + i : to - length + i;
        }
        return places;
    }
}
