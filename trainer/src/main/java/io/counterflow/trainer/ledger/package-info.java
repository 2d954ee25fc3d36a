/**
 * Writes a run's ledger. It is read in {@code io.counterflow.log.ledger}; nothing in either package decides anything.
 */
package io.counterflow.trainer.ledger;
