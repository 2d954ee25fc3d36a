/**
 * One optimizer step: a batch of groups in, changed weights and what came of it out. Depends on the batch, the step's
 * learning rate and seed and the state before, and on nothing else: no clock, no log, no randomness of its own.
 */
package io.counterflow.trainer.step;
