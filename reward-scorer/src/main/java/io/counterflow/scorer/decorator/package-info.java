/**
 * What every scorer gets from outside: checked outcomes, a time limit, retries, a cache, measurements, batching. Each decorator
 * is one class with a static {@code wrap}; {@link io.counterflow.scorer.decorator.ScorerSettings} says in which order they go
 * round a scorer.
 */
package io.counterflow.scorer.decorator;
