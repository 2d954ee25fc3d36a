/**
 * The scorers there are: those on the class path and in the jars of a folder, found by {@link
 * io.counterflow.scorer.ScorerCatalog}, made with settings from YAML. What a scorer is stands in {@link
 * io.counterflow.scorer.api}; time limits, retries, batching and caching are added from outside, see {@code
 * io.counterflow.scorer.decorator}. Nothing in here knows of Kafka.
 */
package io.counterflow.scorer;
