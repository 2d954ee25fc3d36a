/**
 * What scorers learn from and are judged by: preference pairs, labelled texts, pairs of premise and hypothesis, read from JSON lines and
 * divided so that no prompt is on both sides.
 */
package io.counterflow.scorer.dataset;
