/**
 * Groups from the log: reading them in arrival order, at exact positions, or in a seeded shuffle of a fixed range, and
 * refusing those that cannot be trained on. What is done with a batch is no concern of this package.
 */
package io.counterflow.trainer.batch;
