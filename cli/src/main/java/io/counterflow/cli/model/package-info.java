/**
 * {@code counterflow model}: fetch, look at, verify, convert, merge and try checkpoints. What is done to them is done by
 * {@code io.counterflow.model}; here are options, tables and exit codes.
 */
package io.counterflow.cli.model;
