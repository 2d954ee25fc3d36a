/**
 * Makes the groups of a past run again, after another recipe: scores that the log has are reused, those that are missing are
 * computed. Nothing is sampled. Following a run while it samples is the assembler's matter.
 */
package io.counterflow.scorer.rescore;
