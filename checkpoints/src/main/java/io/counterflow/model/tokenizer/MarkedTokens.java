package io.counterflow.model.tokenizer;

/**
 * The tokens of a text, and which of them stand for something in its marked parts. The arrays are not copied and not to be changed.
 *
 * @param ids the tokens
 * @param marked as many
 */
public record MarkedTokens(int[] ids, boolean[] marked) {

    public MarkedTokens {
        if (ids.length != marked.length) {
            throw new IllegalArgumentException(ids.length + " tokens and " + marked.length + " marks");
        }
    }

    /** Characters of a text, the last excluded. */
    public record Part(int from, int to) {}
}
