/**
 * Scorers that are neural networks: {@code reward-model} and {@code entailment}, on any sequence classifier that {@code language-model} loads.
 *
 * <p>A model is for one thread at a time; a scorer holds {@code instances} of it, and as many calls compute at once. Each computes on the
 * threads that the engine is given ({@code ai.djl.pytorch.num_threads}, 1 by default), so {@code instances} times that number should not be
 * above the cores.
 */
package io.counterflow.scorer.learned;
