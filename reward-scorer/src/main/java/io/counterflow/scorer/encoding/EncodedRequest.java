package io.counterflow.scorer.encoding;

import io.counterflow.model.classifier.ClassifierInput;

/**
 * A completion as tokens.
 *
 * @param input what the classifier gets
 * @param cut tokens that were left out because there were too many
 */
public record EncodedRequest(ClassifierInput input, int cut) {}
