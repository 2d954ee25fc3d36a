/**
 * Proof: the commands {@code audit} and {@code replay}, and {@code verify-replay} by force, which kills the parts of a job in processes of their own at
 * random moments and compares what comes out with what an undisturbed job gives.
 */
package io.counterflow.cli.verify;
