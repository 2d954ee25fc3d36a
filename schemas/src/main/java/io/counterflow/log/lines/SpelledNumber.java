package io.counterflow.log.lines;

import com.fasterxml.jackson.databind.node.DoubleNode;

/** A number with a fraction or an exponent that knows how it was written, which its double may not be able to say: 1.10, 1e5, 1E400. Immutable. */
final class SpelledNumber extends DoubleNode {

    private static final long serialVersionUID = 1L;

    private final String spelling;

    SpelledNumber(double value, String spelling) {
        super(value);
        this.spelling = spelling;
    }

    String spelling() {
        return spelling;
    }
}
