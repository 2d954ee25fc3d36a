package io.counterflow.cli.run;

/** A service of a run failed, and with it the run. */
public final class ServiceFailedException extends RuntimeException {

    ServiceFailedException(String service, Throwable cause) {
        super(
                "the " + service + " stopped: " + (cause.getMessage() == null ? cause.toString() : cause.getMessage()),
                cause);
    }
}
