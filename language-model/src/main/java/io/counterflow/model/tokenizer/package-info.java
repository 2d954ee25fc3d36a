/**
 * Text to token ids and back with Hugging Face's {@code tokenizer.json}, chat messages to the text a model was trained on,
 * and a writer of small word-level tokenizers. Sees no weights.
 */
package io.counterflow.model.tokenizer;
