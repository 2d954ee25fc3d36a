package io.counterflow.model.checkpoint;

/** What stands on top of the decoder. */
public enum ModelHead {
    /** Logits over the vocabulary at every position. */
    CAUSAL_LANGUAGE_MODEL,
    /** Scores, read at the last token that is not padding: a reward model. */
    SEQUENCE_CLASSIFICATION
}
