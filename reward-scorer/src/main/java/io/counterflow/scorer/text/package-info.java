/** Scorers that look at a completion's text alone: patterns, lengths, formats, repetition, overlap with a reference. */
package io.counterflow.scorer.text;
