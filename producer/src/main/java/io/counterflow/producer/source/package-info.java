/**
 * Where completions come from: the run's own policy in this JVM, or a server. One interface, {@link
 * io.counterflow.producer.source.CompletionSource}; nothing here reads or writes the log.
 */
package io.counterflow.producer.source;
