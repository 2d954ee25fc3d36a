/**
 * Scorers that are neural networks: {@code reward-model} and {@code entailment}, on any sequence classifier that {@code language-model} loads.
 *
 * <p>A model is for one thread at a time. A scorer holds {@code instances} of it, and as many calls compute at once; each computes on {@code
 * workers} threads, or, where the model cannot share a batch among threads, on those that the engine is given ({@code
 * ai.djl.pytorch.num_threads}, 1 by default). Instances times threads should not be above the cores.
 */
package io.counterflow.scorer.learned;
