package io.counterflow.model.tokenizer;

/**
 * A text, or a pair of texts, with the special tokens of the tokenizer's template.
 *
 * @param tokens ids
 * @param segments as many: to which text of a pair a token belongs, as the template says
 */
public record Encoded(int[] tokens, int[] segments) {}
