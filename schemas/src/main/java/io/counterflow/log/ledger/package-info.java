/**
 * A run's ledger as everybody reads it: the write-ahead log of what was decided, in the topic {@code training-steps}. Every batch stands here before it
 * is trained on; once it does, it is the only truth.
 *
 * <p>There is one reading of it. {@link io.counterflow.log.ledger.RunLedger} folds a run's entries, each once, and refuses a ledger that contradicts
 * itself; {@link io.counterflow.log.ledger.LedgerReader} reads what is there. Nothing in this package writes or decides anything.
 */
package io.counterflow.log.ledger;
