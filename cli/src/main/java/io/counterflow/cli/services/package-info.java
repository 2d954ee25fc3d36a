/**
 * The commands that start services: all of a run together, one of them alone, or the broker that they talk through.
 */
package io.counterflow.cli.services;
