/**
 * What changes weights: the fused AdamW step with its state, and the learning rates of a classifier's training. Losses are not here: they are
 * functions of log-probabilities, made elsewhere.
 */
package io.counterflow.model.training;
