/**
 * Chat messages to text: the chat template of a tokenizer, rendered as transformers renders it.
 *
 * <p>Templates are written in Jinja. Interpreted here is what published templates use of it, with Python's rules for
 * printing, truth and slices; whatever else a template uses is an error that names it, never silently left out. A template
 * comes with a checkpoint from strangers: it reaches nothing but its own values, and its work and output are bounded.
 */
package io.counterflow.model.tokenizer.chat;
