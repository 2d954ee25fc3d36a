/**
 * The language model as its users see it: load or start one, sample, ask for log-probabilities, train, save. {@link
 * io.counterflow.model.LanguageModel} is the way in. Nothing here knows of Kafka, rewards or losses; a loss comes in as a function of
 * log-probabilities.
 */
package io.counterflow.model;
