/**
 * Proof by force: the parts of a job in processes of their own, killed at random moments, and the comparison of what
 * comes out with what an undisturbed job gives.
 */
package io.counterflow.cli.verify;
