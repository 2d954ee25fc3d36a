/**
 * What changes weights: the fused AdamW step with its state, and schedules of the learning rate. Losses are not here: they are
 * functions of log-probabilities, made elsewhere.
 */
package io.counterflow.model.training;
