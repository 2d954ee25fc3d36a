/** The commands {@code rescore} and {@code scores}: past completions under another recipe, and what scorers said of them. */
package io.counterflow.cli.scores;
