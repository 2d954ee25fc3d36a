package io.counterflow.model.tokenizer.chat;

/**
 * A piece of an expression.
 *
 * @param text the name, the operator, the digits, or the string without its quotes
 */
record Token(Kind kind, String text) {
    enum Kind {
        NAME,
        STRING,
        INTEGER,
        FLOAT,
        OPERATOR,
        END
    }

    boolean is(String operatorOrName) {
        return (kind == Kind.OPERATOR || kind == Kind.NAME) && text.equals(operatorOrName);
    }
}
