package io.counterflow.cli.dashboard;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.counterflow.cli.report.FiniteNumbers;
import io.counterflow.cli.report.HtmlReport;
import io.counterflow.cli.report.RunReader;
import io.counterflow.log.Log;
import io.counterflow.log.ledger.UnknownRunException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The page and its data: {@code /} the page, {@code /api/state} a {@link LogState} as JSON, {@code /api/runs/ID} a {@link LogState.RunDetail},
 * {@code /runs/ID} the whole report of a run. GET only. Thread-safe.
 */
public final class Dashboard implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(Dashboard.class);
    private static final String PAGE = "/io/counterflow/cli/dashboard/dashboard.html";
    private static final String SCRIPT = "/io/counterflow/cli/report/page.js";
    private static final String API_RUNS = "/api/runs/";
    private static final String RUNS = "/runs/";
    private static final int THREADS = 4;

    private final ObjectMapper json = new ObjectMapper()
            .registerModule(new JavaTimeModule())
            .registerModule(new FiniteNumbers())
            .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS);
    private final RunReader reader;
    private final LogWatch watch;
    private final HttpServer server;
    private final ExecutorService executor;

    /** What is answered. */
    private record Answer(int status, String type, byte[] body) {}

    /**
     * Starts answering.
     *
     * @param log stays the caller's
     * @param port 0 for any that is free
     * @throws UncheckedIOException where the port cannot be had
     */
    public Dashboard(Log log, InstantSource clock, String host, int port) {
        Objects.requireNonNull(log, "log");
        try {
            server = HttpServer.create(new InetSocketAddress(host, port), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "port " + port + " on " + host + " cannot be listened on; choose another", e);
        }
        reader = new RunReader(log);
        watch = new LogWatch(log, clock);
        executor = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "dashboard-http");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(executor);
        server.createContext("/", this::answer);
        server.start();
    }

    /** Where the page is. */
    public URI address() {
        return URI.create("http://" + server.getAddress().getHostString() + ":"
                + server.getAddress().getPort() + "/");
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Answer answer = exchange.getRequestMethod().equals("GET")
                    ? answer(exchange.getRequestURI().getPath())
                    : text(405, "this page is for reading only");
            exchange.getResponseHeaders().set("Content-Type", answer.type());
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
            exchange.sendResponseHeaders(answer.status(), answer.body().length);
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(answer.body());
            }
        }
    }

    private Answer answer(String path) throws IOException {
        try {
            if (path.equals("/")) {
                String page = new String(resource(PAGE), StandardCharsets.UTF_8)
                        .replace("/*PAGE*/", new String(resource(SCRIPT), StandardCharsets.UTF_8));
                return new Answer(200, "text/html; charset=utf-8", page.getBytes(StandardCharsets.UTF_8));
            }
            if (path.equals("/echarts.js")) {
                return new Answer(200, "text/javascript; charset=utf-8", resource("/" + HtmlReport.CHARTS));
            }
            if (path.equals("/api/state")) {
                return json(watch.state());
            }
            if (path.startsWith(API_RUNS)) {
                String runId = path.substring(API_RUNS.length());
                var detail = watch.detail(runId);
                return detail.isPresent() ? json(detail.get()) : text(404, "the log holds no run '" + runId + "'");
            }
            if (path.startsWith(RUNS)) {
                String runId = path.substring(RUNS.length());
                return new Answer(
                        200,
                        "text/html; charset=utf-8",
                        new HtmlReport()
                                .render(reader.read(runId, "Run " + runId))
                                .getBytes(StandardCharsets.UTF_8));
            }
            return text(404, "there is no " + path);
        } catch (UnknownRunException e) {
            return text(404, e.getMessage());
        } catch (RuntimeException e) {
            LOG.warn("{} could not be answered", path, e);
            return text(500, String.valueOf(e.getMessage()));
        }
    }

    private Answer json(Object value) throws IOException {
        return new Answer(200, "application/json", json.writeValueAsBytes(value));
    }

    private static Answer text(int status, String text) {
        return new Answer(status, "text/plain; charset=utf-8", (text + "\n").getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = Dashboard.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from the class path");
            }
            return in.readAllBytes();
        }
    }

    @Override
    public void close() {
        server.stop(0);
        executor.shutdownNow();
        watch.close();
    }
}
