package io.counterflow.model.tokenizer.chat;

/**
 * The value of a name that nothing was assigned to: prints as nothing, is false, and cannot be looked into.
 *
 * @param name what was asked for
 */
record Undefined(String name) {}
