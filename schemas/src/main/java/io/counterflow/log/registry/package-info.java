/**
 * The schema registry: a client of the REST API that the well-known registries share, and a small registry of our own
 * for the default run, on the compacted {@code _schemas} topic.
 *
 * <p>Nothing here knows the records of Counterflow.
 */
package io.counterflow.log.registry;
