/**
 * Runs a command that nobody trusts, isolated by the operating system: no network, a read-only file system of a few folders and
 * a small scratch folder in memory, processes of its own, no privilege, and limits on processor time, memory, processes and file
 * sizes. {@link io.counterflow.scorer.sandbox.Sandbox#detect} finds a way that works on this machine by trying it. What the
 * command does with its limits, and what it says, is not this package's matter.
 */
package io.counterflow.scorer.sandbox;
