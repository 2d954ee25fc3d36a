/**
 * Scorers that are somewhere else: behind HTTP, in a process of any language, or in a large language model's judgement. Requests
 * and outcomes are the JSON of {@code io.counterflow.scorer.exchange}.
 */
package io.counterflow.scorer.remote;
