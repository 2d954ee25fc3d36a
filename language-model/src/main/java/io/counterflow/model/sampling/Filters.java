package io.counterflow.model.sampling;

/**
 * What is done to the model's distribution before a draw. Rows with equal filters can share a batch.
 *
 * @param temperature divides the logits; 0 takes the most probable token
 * @param topK keeps so many tokens; 0 keeps all
 * @param topP keeps tokens up to this probability; 1 keeps all
 * @param repetitionPenalty on tokens that occurred; 1 is none
 */
public record Filters(double temperature, int topK, double topP, double repetitionPenalty) {}
