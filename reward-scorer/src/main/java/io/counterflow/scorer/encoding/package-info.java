/** How a completion, or a pair of premise and hypothesis, becomes the tokens of a classifier: templates, conversations, inputs that are too long. */
package io.counterflow.scorer.encoding;
