/**
 * Sequence classifiers: a text, or a pair of texts, in, one logit a label out. {@link
 * io.counterflow.model.classifier.SequenceClassifier} loads one, whatever it was made with; {@link
 * io.counterflow.model.classifier.TrainableClassifier} starts one from a base model, trains it and saves it for transformers.
 */
package io.counterflow.model.classifier;
