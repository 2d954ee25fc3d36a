package io.counterflow.scorer.api;

import java.time.Duration;

/**
 * Makes scorers of one kind; found by {@link java.util.ServiceLoader}.
 *
 * @param <C> the scorer's configuration: a record that Jackson can bind from YAML, with defaults for whatever may be left out
 */
public interface ScorerFactory<C> {

    /** The kind's name, as a configuration names it: lower-case letters, digits and hyphens. */
    String name();

    /** Version of the code; changes whenever the same completion may get another score. */
    default String version() {
        return "1";
    }

    /**
     * How long one call may take unless the user says otherwise. A scorer that limits itself, item by item, names a time that a
     * whole batch of bad items cannot reach.
     */
    default Duration timeLimit() {
        return Duration.ofSeconds(60);
    }

    /** The record that {@link #create} takes. */
    Class<C> configuration();

    /**
     * Makes a scorer.
     *
     * @throws Exception when it cannot work here, with a message that says what to do
     */
    Scorer create(C configuration) throws Exception;

    /**
     * Checks whether {@link #create} would succeed, before a run begins. Makes a scorer and closes it, unless a factory whose scorers take long to
     * make knows less costly ways to see what is missing.
     *
     * @throws Exception when the scorer could not work here, with a message that says what to do
     */
    default void check(C configuration) throws Exception {
        Scorer scorer = create(configuration);
        if (scorer == null) {
            throw new PluginException("scorer " + name() + " cannot be made: its factory "
                    + getClass().getName() + " returned null");
        }
        scorer.close();
    }
}
