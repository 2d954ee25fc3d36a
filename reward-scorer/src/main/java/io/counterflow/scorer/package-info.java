/**
 * What a scorer is: a batch of completions in, one typed outcome for each out.
 *
 * <p>To write one, implement {@link io.counterflow.scorer.Scorer} and {@link io.counterflow.scorer.ScorerFactory}, name the
 * factory in {@code META-INF/services/io.counterflow.scorer.ScorerFactory}, and put the jar on the class path or into the
 * folder of plug-ins. Time limits, retries, batching and caching are added from outside, see {@code
 * io.counterflow.scorer.decorator}; a scorer may throw, block, return NaN or the wrong number of outcomes, and its callers see
 * a typed outcome for each request all the same. Nothing in here knows of Kafka.
 */
package io.counterflow.scorer;
