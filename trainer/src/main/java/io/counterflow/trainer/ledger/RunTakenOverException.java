package io.counterflow.trainer.ledger;

import io.counterflow.log.ledger.LedgerException;

/** Another trainer has begun to write this run's ledger; what this one was about to write is not in it. */
public final class RunTakenOverException extends LedgerException {

    RunTakenOverException(String runId, Throwable cause) {
        super(
                "another trainer has taken over run " + runId + "; this one stops, and nothing that it had not yet"
                        + " written counts",
                cause);
    }
}
