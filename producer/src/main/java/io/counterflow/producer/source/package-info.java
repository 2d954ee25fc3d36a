/**
 * Where completions come from: the run's own policy in this JVM, or a server. One interface, {@link
 * io.counterflow.producer.source.CompletionSource}; nothing here knows the log.
 */
package io.counterflow.producer.source;
