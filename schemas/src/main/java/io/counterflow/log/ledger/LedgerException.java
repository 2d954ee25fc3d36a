package io.counterflow.log.ledger;

/** The ledger cannot be read or written, or contradicts itself. */
public class LedgerException extends RuntimeException {

    public LedgerException(String message) {
        super(message);
    }

    public LedgerException(String message, Throwable cause) {
        super(message, cause);
    }
}
