/** The commands {@code dead-letters} and {@code redrive}: what could not be processed, and sending it round again. */
package io.counterflow.cli.deadletters;
