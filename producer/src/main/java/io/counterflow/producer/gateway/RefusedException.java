package io.counterflow.producer.gateway;

/** A request that is not done; nothing of it is in the log, unless the message says that this is unknown. */
final class RefusedException extends Exception {

    static final int BAD_REQUEST = 400;
    static final int UNAUTHORIZED = 401;
    static final int NOT_FOUND = 404;
    static final int METHOD_NOT_ALLOWED = 405;
    static final int CONFLICT = 409;
    static final int TOO_LARGE = 413;
    static final int UNSUPPORTED_TYPE = 415;
    static final int UNAVAILABLE = 503;

    private final int status;

    /** @param status of HTTP */
    RefusedException(int status, String message) {
        super(message);
        this.status = status;
    }

    int status() {
        return status;
    }
}
