/**
 * The schema registry: a client of the REST API that the well-known registries share, a registry in memory for tests of
 * single stages, and the catalogue of subjects, versions and ids that a registry of our own keeps.
 *
 * <p>Nothing here knows the records of Counterflow.
 */
package io.counterflow.log.registry;
