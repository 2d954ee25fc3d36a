package io.counterflow.producer.gateway;

/** Hears what the gateway answered, on the thread that answers. */
public interface GatewayListener {

    /** Hears nothing. */
    GatewayListener NONE = (path, status) -> {};

    /**
     * A request was answered.
     *
     * @param path one of the gateway's, or {@code other}
     * @param status of HTTP
     */
    void answered(String path, int status);
}
