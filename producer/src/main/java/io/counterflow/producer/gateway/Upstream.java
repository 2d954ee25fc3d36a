package io.counterflow.producer.gateway;

import io.counterflow.producer.source.OpenAiConfig;
import io.counterflow.producer.source.server.Endpoint;
import io.counterflow.producer.source.server.ServerDetection;
import io.counterflow.producer.source.server.ServerKind;
import java.io.IOException;
import java.util.Objects;
import java.util.Optional;

/** The server that requests are passed on to. Which kind it is, is asked when the first request comes. Thread-safe. */
public final class Upstream {

    private final OpenAiConfig config;
    private final Endpoint endpoint;
    private ServerKind kind;

    /** @param apiKey what the server asks of its clients */
    public Upstream(OpenAiConfig config, Optional<String> apiKey) {
        this.config = Objects.requireNonNull(config, "config");
        this.endpoint = new Endpoint(config.url(), apiKey, config.timeLimit());
        this.kind = config.server();
    }

    OpenAiConfig config() {
        return config;
    }

    Endpoint endpoint() {
        return endpoint;
    }

    /** @throws IOException where it does not answer */
    synchronized ServerKind kind() throws IOException, InterruptedException {
        if (kind == ServerKind.AUTO) {
            kind = ServerDetection.of(endpoint);
        }
        return kind;
    }
}
