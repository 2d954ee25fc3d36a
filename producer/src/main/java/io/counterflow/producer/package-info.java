/**
 * Prompts in, completions out: samples groups of completions of a run's prompts, from the run's current policy or from a
 * server, and publishes each group whole and once.
 *
 * <p>What the completions are worth, and what is learned from them, is not known here; the only thing that comes back is
 * which policy is current and how far training is.
 */
package io.counterflow.producer;
