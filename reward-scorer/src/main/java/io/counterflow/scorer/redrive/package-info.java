/** Dead letters of scorers: which there are, and sending their completions round again. */
package io.counterflow.scorer.redrive;
