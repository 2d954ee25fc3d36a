/**
 * The {@code counterflow} command: one class a subcommand, each of which parses its options, wires what other packages do, and turns failures into
 * one clear line and an exit code. No work is done here.
 */
package io.counterflow.cli;
