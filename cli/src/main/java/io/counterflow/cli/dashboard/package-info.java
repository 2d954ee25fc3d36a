/**
 * A live page over HTTP of what the log holds: runs and their curves, the newest completions with every score, what waits for each stage, what went wrong.
 * Reads committed records and writes nothing; it may be started and stopped beside any run.
 */
package io.counterflow.cli.dashboard;
