/**
 * What the scoring service and the assembler share: how a Kafka Streams application of ours is configured, run and stopped.
 */
package io.counterflow.scorer.streams;
