/**
 * Completions and outcomes as JSON: one format for files, for scorers that are processes, and for scorers behind HTTP. See {@link
 * io.counterflow.scorer.exchange.JsonExchange}.
 */
package io.counterflow.scorer.exchange;
