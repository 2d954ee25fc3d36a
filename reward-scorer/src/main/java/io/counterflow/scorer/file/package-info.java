/** Scoring without a log: completions from a file of JSON lines, outcomes to another. */
package io.counterflow.scorer.file;
