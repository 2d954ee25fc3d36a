/**
 * A training run on disk: folders that are there as a whole or not at all, each with the hashes of its files and of the
 * checkpoint before it, and the lock that keeps two trainers out of one folder. What the files mean is for others.
 */
package io.counterflow.trainer.checkpoint;
