/**
 * What a run looked like: read back from the log alone, shown as a table in the terminal and as one self-contained HTML page. Nothing here trains,
 * samples or scores; everything shown can be read again from the same topics.
 */
package io.counterflow.cli.report;
