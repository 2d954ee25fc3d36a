package io.counterflow.cli.metrics;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code /metrics} in Prometheus' text format 0.0.4, with the JVM's numbers beside the services' own. Thread-safe.
 *
 * <p>Without a port there is a registry all the same, so that services need not know whether anybody reads.
 */
public final class PrometheusEndpoint implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(PrometheusEndpoint.class);
    private static final String CONTENT = "text/plain; version=0.0.4; charset=utf-8";
    private static final String PATH = "/metrics";

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics collections = new JvmGcMetrics();
    private final ExecutorService executor;
    private final HttpServer server;

    private PrometheusEndpoint(MetricsConfig config) throws IOException {
        if (config.port() == null) {
            executor = null;
            server = null;
            return;
        }
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        collections.bindTo(registry);
        server = HttpServer.create(new InetSocketAddress(config.host(), config.port()), 0);
        executor = Executors.newSingleThreadExecutor(task -> {
            Thread thread = new Thread(task, "metrics");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(executor);
        server.createContext("/", this::answer);
        server.start();
        LOG.atInfo().addKeyValue("address", address().orElseThrow()).log("metrics for Prometheus");
    }

    /**
     * Starts it.
     *
     * @throws UncheckedIOException where the port cannot be had
     */
    public static PrometheusEndpoint start(MetricsConfig config) {
        try {
            return new PrometheusEndpoint(config);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "metrics.port " + config.port() + " on " + config.host()
                            + " cannot be listened on; choose another, or 0 for any",
                    e);
        }
    }

    /** What the services count in. */
    public MeterRegistry registry() {
        return registry;
    }

    /** Where it answers, if it does. */
    public Optional<URI> address() {
        return Optional.ofNullable(server)
                .map(s -> URI.create("http://" + s.getAddress().getHostString() + ":"
                        + s.getAddress().getPort() + PATH));
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean metrics = exchange.getRequestURI().getPath().equals(PATH);
            byte[] body = (metrics ? registry.scrape() : "see " + PATH + "\n").getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", CONTENT);
            exchange.sendResponseHeaders(metrics ? 200 : 404, body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }

    @Override
    public void close() {
        if (server != null) {
            server.stop(0);
            executor.shutdownNow();
        }
        collections.close();
        registry.close();
    }
}
