package io.counterflow.model;

/** Why sampling ended. */
public enum FinishReason {
    /** The end-of-sequence token was sampled. */
    STOP,
    /** As many tokens were sampled as were allowed or fitted into the context. */
    LENGTH,
    /** A stop string appeared. */
    STOP_STRING
}
