/**
 * Where the numbers of a run go: a line a step in {@code metrics.jsonl}, TensorBoard event files, and meters for
 * Prometheus. They are for reading; the ledger has what counts.
 */
package io.counterflow.trainer.metrics;
