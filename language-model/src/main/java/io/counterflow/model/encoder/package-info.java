/**
 * The bidirectional encoder: BERT and its relatives as {@code encoder.py}, with the calls into it. Built of the decoder's parts (scripts,
 * weights, native memory); knows nothing of labels' meaning.
 */
package io.counterflow.model.encoder;
