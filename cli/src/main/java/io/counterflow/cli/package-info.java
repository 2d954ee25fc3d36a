/**
 * The {@code counterflow} command line: its root, and what every command shares. A command lives in the package of the work that it starts, parses its
 * options, wires what others do, and leaves its failures to be turned into one clear line and an exit code here. Nobody below knows this package.
 */
package io.counterflow.cli;
