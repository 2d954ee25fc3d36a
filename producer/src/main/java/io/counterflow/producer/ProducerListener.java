package io.counterflow.producer;

import io.counterflow.schemas.PolicyVersion;
import io.counterflow.schemas.Purpose;

/** Told what the producer does, on its thread; must return quickly. */
public interface ProducerListener {

    /** Does nothing. */
    ProducerListener NONE = new ProducerListener() {};

    /** Sampling goes on from another policy. */
    default void policyLoaded(PolicyVersion version) {}

    /** Groups are committed to the log. */
    default void groupsPublished(Purpose purpose, int groups, int completions, long policyVersion) {}

    /** Sampling pauses because this many groups wait to be trained. */
    default void paused(long waitingGroups) {}

    /** A prompt was refused and put into dead-letters. */
    default void promptRefused(String promptId, String cause) {}

    /** So many of the completions just published have token ids that were made of their text, not those that were sampled. */
    default void tokenIdsEncoded(int completions) {}
}
