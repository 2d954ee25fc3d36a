/**
 * Servers that generate: what each kind is asked, in its own spelling, how its answers read, and which kind a server is. One interface, {@link
 * io.counterflow.producer.source.server.GenerationServer}, with a class for each kind; nothing here knows the log or samples a group.
 */
package io.counterflow.producer.source.server;
