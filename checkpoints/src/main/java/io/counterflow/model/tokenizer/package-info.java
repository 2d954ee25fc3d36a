/**
 * Text to token ids and back with Hugging Face's {@code tokenizer.json}, chat messages to the text a model was trained on,
 * and a writer of small word-level tokenizers. The library for it is native, and {@link DjlSettings} keeps it from
 * reaching for the net. Sees no weights.
 */
package io.counterflow.model.tokenizer;
