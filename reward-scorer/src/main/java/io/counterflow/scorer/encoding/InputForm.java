package io.counterflow.scorer.encoding;

/** As what a classifier gets prompt and completion. */
public enum InputForm {
    /** One text, made by a template. */
    TEXT,
    /** Two texts, as the tokenizer joins a pair. */
    PAIR
}
