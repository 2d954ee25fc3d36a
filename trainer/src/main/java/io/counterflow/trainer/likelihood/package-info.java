/**
 * Fitting a policy by likelihood (supervised fine-tuning): the cross-entropy of completions given their prompts. Needs files and a model, no log; what
 * it makes is a checkpoint that a run can start from.
 */
package io.counterflow.trainer.likelihood;
