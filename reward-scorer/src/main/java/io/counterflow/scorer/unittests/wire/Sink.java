package io.counterflow.scorer.unittests.wire;

import java.io.IOException;

/** Where messages go. Thread-safe. */
public interface Sink {

    /** Sends a message whole. */
    void send(byte[] message) throws IOException;
}
