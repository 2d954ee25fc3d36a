/**
 * Checkpoints in the Hugging Face layout: what config.json says, which tensors follow from it under which names, the
 * weights of a folder in one file or in shards, adapters in PEFT's form and what merging one makes of the weights, and the
 * folders that are written. What a file can get wrong ends here in one line that names it; where a checkpoint comes from
 * is the business of {@code io.counterflow.model.source}. Runs no network.
 */
package io.counterflow.model.checkpoint;
