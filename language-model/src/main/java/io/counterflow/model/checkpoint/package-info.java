/**
 * Checkpoints in the Hugging Face layout: what config.json says, which tensors follow from it under which names, the
 * weights of a folder in one file or in shards, adapters in PEFT's form, and where checkpoints come from (folder, hub,
 * the small stories model). Everything that a file can get wrong ends here in one line that names it. Computes nothing.
 */
package io.counterflow.model.checkpoint;
