package io.counterflow.producer.gateway;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * Where a gateway listens, and to whom.
 *
 * @param port 0 for any that is free
 * @param token that every request must bear; empty asks nobody who they are
 * @param patience how long the brokers may take to acknowledge what is written, and requests that are under way to end
 */
public record GatewayConfig(String host, int port, Optional<String> token, Duration patience) {

    private static final int LEAST_TOKEN = 16;

    public GatewayConfig {
        Objects.requireNonNull(host, "host");
        if (token.isPresent() && token.get().length() < LEAST_TOKEN) {
            throw new IllegalArgumentException("the gateway's token has "
                    + token.get().length() + " characters; give it " + LEAST_TOKEN + " or more");
        }
        if (patience.isNegative() || patience.isZero()) {
            throw new IllegalArgumentException("patience is " + patience + ", must be positive");
        }
    }
}
