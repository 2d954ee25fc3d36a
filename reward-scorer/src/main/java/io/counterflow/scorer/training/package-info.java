/** Training of learned scorers: losses, batches of like lengths, epochs that can be interrupted, the folder that comes of it. */
package io.counterflow.scorer.training;
