/**
 * The trainer: a run from its first ledger entry to its last, and its configuration.
 *
 * <p>A run is decided in the ledger and executed here. {@link io.counterflow.trainer.TrainerService} decides a batch,
 * has it written, applies it, and saves and announces policies; started again after a crash it first does again what the
 * ledger already holds.
 */
package io.counterflow.trainer;
