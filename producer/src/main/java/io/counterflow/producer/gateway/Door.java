package io.counterflow.producer.gateway;

/** What is behind a path of the gateway. Thread-safe. */
interface Door {

    /** Does what is asked; returns when it is done. */
    Reply answer(Posted posted) throws RefusedException, InterruptedException;
}
