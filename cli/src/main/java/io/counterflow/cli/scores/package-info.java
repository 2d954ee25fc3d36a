/** The commands {@code score}, {@code rescore} and {@code scores}: a file or past completions under another recipe, and what scorers said of them. */
package io.counterflow.cli.scores;
