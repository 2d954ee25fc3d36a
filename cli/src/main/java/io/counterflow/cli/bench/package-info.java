/** The command {@code bench}: what the parts can do on this machine, each beside a named rival in the same run. */
package io.counterflow.cli.bench;
