/**
 * A run's ledger as everybody reads it: the write-ahead log of what was decided, in the topic {@code training-steps}. Every batch stands here before it
 * is trained on; once it does, it is the only truth.
 *
 * <p>There is one reading of it. An entry stands under its run's id; what does not, or cannot be read, is passed over and named in the program's log.
 * {@link io.counterflow.log.ledger.RunLedger} folds a run's entries, each once, and refuses a ledger that contradicts itself. {@link
 * io.counterflow.log.ledger.LedgerReader} reads what is there, waits a while for open transactions, and says what they hide; {@link
 * io.counterflow.log.ledger.LedgerTail} follows a run and waits for nobody. {@link io.counterflow.log.ledger.RunSettings} are those of the settings that
 * others than the trainer go by. Nothing in this package writes or decides anything.
 */
package io.counterflow.log.ledger;
