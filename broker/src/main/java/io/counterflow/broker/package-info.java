/**
 * A real Kafka broker and a schema registry inside this JVM, on a data directory that is kept: what the default run and
 * the tests use in place of a cluster. The registry keeps its schemas on the compacted {@code _schemas} topic.
 *
 * <p>Nothing else in Counterflow knows whether the log it talks to is this one.
 */
package io.counterflow.broker;
