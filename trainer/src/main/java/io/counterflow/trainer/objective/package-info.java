/**
 * What is minimised: every objective as plain arithmetic on log-probabilities and rewards.
 *
 * <p>An objective sees one group at a time (the completions of one prompt, at least two of them) and returns a loss and
 * its derivative with respect to the log-probability of every completion token. A batch's loss is the mean over its
 * groups, which the caller takes. There are no tensors, no Kafka and no state here: the derivative is handed to
 * whatever engine computed the log-probabilities.
 *
 * <p>Notation in all of this package: {@code h_i = ln pi(y_i|x) - ln pi_ref(y_i|x)}, a sum over completion tokens;
 * {@code R_i} the reward; {@code a_i = R_i - beta h_i} the regularised reward; {@code mu} the policy that sampled;
 * {@code k} the group's size; {@code sg} stops the gradient. CoPG is Flet-Berliac et al., "Contrastive Policy Gradient",
 * arXiv 2406.19185.
 */
package io.counterflow.trainer.objective;
