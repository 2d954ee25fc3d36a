/**
 * A run's ledger: the write-ahead log of what was decided. Every batch stands here before it is trained on; once it
 * does, it is the only truth. Nothing in this package decides anything.
 */
package io.counterflow.trainer.ledger;
