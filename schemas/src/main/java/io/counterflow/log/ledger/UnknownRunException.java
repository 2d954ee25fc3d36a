package io.counterflow.log.ledger;

/** The log holds no ledger of this run, as far as it can be read. */
public final class UnknownRunException extends LedgerException {

    UnknownRunException(String message) {
        super(message);
    }
}
