/**
 * The safetensors file format: a mapped reader that trusts nothing in the file, and a writer whose bytes equal those of
 * the reference implementation. Knows nothing of models: which tensors a checkpoint needs is the business of
 * {@code io.counterflow.model.checkpoint}.
 *
 * <p>A file is an eight-byte little-endian header length, a JSON header that gives each tensor's element type, shape and
 * byte range, and the tensors' bytes without gaps (<a href="https://github.com/huggingface/safetensors#format">format</a>).
 */
package io.counterflow.model.safetensors;
