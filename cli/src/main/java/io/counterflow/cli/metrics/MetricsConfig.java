package io.counterflow.cli.metrics;

import com.fasterxml.jackson.annotation.JsonPropertyDescription;
import java.util.Objects;

/** Where Prometheus finds this process's numbers. Nulls stand for the defaults. */
public record MetricsConfig(
        @JsonPropertyDescription("Port on which http://HOST:PORT/metrics answers; 0 takes any free one, which is then"
                + " logged. Default: no endpoint.")
        Integer port,

        @JsonPropertyDescription("Address it listens on; 0.0.0.0 for all. Default: 127.0.0.1.")
        String host) {

    private static final int LARGEST_PORT = 65535;

    public MetricsConfig {
        host = Objects.requireNonNullElse(host, "127.0.0.1");
        if (port != null && (port < 0 || port > LARGEST_PORT)) {
            throw new IllegalArgumentException("metrics.port is " + port + ", must be between 0 and " + LARGEST_PORT);
        }
    }

    /** No endpoint. */
    public static MetricsConfig none() {
        return new MetricsConfig(null, null);
    }
}
