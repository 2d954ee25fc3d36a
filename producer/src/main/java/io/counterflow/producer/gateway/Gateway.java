package io.counterflow.producer.gateway;

import static io.counterflow.producer.gateway.RefusedException.BAD_REQUEST;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.counterflow.imports.completions.PostedCompletions;
import io.counterflow.log.Log;
import io.counterflow.log.lines.BrokenLineException;
import io.counterflow.log.lines.StrictJson;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers requests of other programs, in JSON: {@code POST /scores} and, where it knows a model, {@code POST /completions}, and passes
 * requests of OpenAI's API on to a server where it has one. An answer says that something is written only
 * when the brokers have acknowledged it. Everything else is refused by status and {@code error.message}. Closing it lets the requests that are under way end. Thread-safe.
 */
public final class Gateway implements AutoCloseable {

    /** The largest body that is read. */
    static final int MOST_BYTES = Log.MAX_RECORD_BYTES;

    private static final Logger LOG = LoggerFactory.getLogger(Gateway.class);
    private static final int THREADS = 64;
    private static final String BEARER = "Bearer ";

    private final GatewayConfig config;
    private final GatewayListener listener;
    private final LogDesk desk;
    private final Map<String, Door> doors;
    private final ExecutorService threads;
    private final HttpServer server;
    private final Phaser underWay = new Phaser(1);
    private final AtomicBoolean closing = new AtomicBoolean();

    /**
     * Reads what the log has, and starts answering.
     *
     * @param log stays the caller's
     * @param model of those who learn from completions; without it scores alone are taken
     * @param random seeds of requests that are passed on without one; safe for several threads
     * @throws UncheckedIOException where the port cannot be had
     * @throws io.counterflow.log.LogException where the log cannot be read
     */
    public static Gateway start(
            Log log,
            GatewayConfig config,
            Optional<GatewayModel> model,
            InstantSource clock,
            RandomGenerator random,
            GatewayListener listener) {
        LogDesk desk = new LogDesk(log, config.patience());
        try {
            desk.open();
            Map<String, Door> doors = new TreeMap<>();
            doors.put("/scores", new ScoreDoor(log, desk, clock));
            model.ifPresent(of -> doors.putAll(doors(of, new CompletionDesk(log, desk), clock, random)));
            return new Gateway(config, desk, listener, doors);
        } catch (RuntimeException e) {
            desk.close();
            throw e;
        }
    }

    private static Map<String, Door> doors(
            GatewayModel model, CompletionDesk desk, InstantSource clock, RandomGenerator random) {
        Map<String, Door> doors = new TreeMap<>();
        PostedCompletions completions = new PostedCompletions(model.encoder(), model.contextLength());
        doors.put("/completions", new CompletionDoor(model, completions, desk, clock));
        model.upstream().ifPresent(upstream -> {
            for (boolean chat : new boolean[] {false, true}) {
                doors.put(
                        chat ? "/v1/chat/completions" : "/v1/completions",
                        new PassThroughDoor(
                                chat, upstream, model.runId().orElseThrow(), completions, desk, clock, random));
            }
        });
        return doors;
    }

    private Gateway(GatewayConfig config, LogDesk desk, GatewayListener listener, Map<String, Door> doors) {
        this.config = config;
        this.listener = listener;
        this.desk = desk;
        this.doors = doors;
        try {
            server = HttpServer.create(new InetSocketAddress(config.host(), config.port()), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "port " + config.port() + " on " + config.host() + " cannot be listened on; choose another", e);
        }
        threads = Executors.newFixedThreadPool(THREADS, task -> {
            Thread thread = new Thread(task, "gateway");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        server.createContext("/", this::answer);
        server.start();
    }

    /** Where it answers. */
    public URI address() {
        return URI.create("http://" + server.getAddress().getHostString() + ":"
                + server.getAddress().getPort());
    }

    private void answer(HttpExchange exchange) throws IOException {
        underWay.register();
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Reply reply = reply(exchange, path);
            send(exchange, reply);
            listener.answered(doors.containsKey(path) ? path : "other", reply.status());
        } finally {
            underWay.arriveAndDeregister();
        }
    }

    private Reply reply(HttpExchange exchange, String path) throws IOException {
        try {
            if (closing.get()) {
                throw new RefusedException(RefusedException.UNAVAILABLE, "the gateway is ending; send it again");
            }
            requireToken(exchange);
            Door door = doors.get(path);
            if (door == null) {
                throw new RefusedException(
                        RefusedException.NOT_FOUND,
                        "there is no " + path + "; there is POST " + String.join(", POST ", doors.keySet()));
            }
            if (!exchange.getRequestMethod().equals("POST")) {
                throw new RefusedException(RefusedException.METHOD_NOT_ALLOWED, path + " takes POST alone");
            }
            return door.answer(new Posted(body(exchange), name -> header(exchange, name)));
        } catch (RefusedException e) {
            return Reply.error(e.status(), e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Reply.error(
                    RefusedException.UNAVAILABLE,
                    "the gateway has ended before the log acknowledged; send it again, it counts once");
        } catch (RuntimeException e) {
            LOG.error("POST {} could not be answered", path, e);
            return Reply.error(500, "a fault of the gateway: " + e + "; its log has more");
        }
    }

    private void requireToken(HttpExchange exchange) throws RefusedException {
        if (config.token().isEmpty()) {
            return;
        }
        String given = header(exchange, "Authorization").orElse("");
        boolean same = given.regionMatches(true, 0, BEARER, 0, BEARER.length())
                && MessageDigest.isEqual(
                        given.substring(BEARER.length()).strip().getBytes(StandardCharsets.UTF_8),
                        config.token().get().getBytes(StandardCharsets.UTF_8));
        if (!same) {
            throw new RefusedException(
                    RefusedException.UNAUTHORIZED,
                    given.isEmpty()
                            ? "no token; send the header Authorization: Bearer TOKEN"
                            : "this is not the gateway's token");
        }
    }

    /** The body, if it is an object. Pages of other origins cannot send JSON without being asked first, and nobody answers that. */
    private static ObjectNode body(HttpExchange exchange) throws RefusedException, IOException {
        String type = header(exchange, "Content-Type").orElse("none");
        if (!type.split(";", 2)[0].strip().equalsIgnoreCase(Reply.JSON)) {
            throw new RefusedException(
                    RefusedException.UNSUPPORTED_TYPE,
                    "the body's Content-Type is " + type + ", must be " + Reply.JSON);
        }
        byte[] bytes = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
        if (bytes.length > MOST_BYTES) {
            throw new RefusedException(RefusedException.TOO_LARGE, "the body has more than " + MOST_BYTES + " bytes");
        }
        try {
            return StrictJson.object(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString());
        } catch (CharacterCodingException e) {
            throw new RefusedException(BAD_REQUEST, "the body is no UTF-8");
        } catch (BrokenLineException e) {
            throw new RefusedException(BAD_REQUEST, "the body is " + e.getMessage());
        }
    }

    private static Optional<String> header(HttpExchange exchange, String name) {
        return Optional.ofNullable(exchange.getRequestHeaders().getFirst(name));
    }

    private static void send(HttpExchange exchange, Reply reply) throws IOException {
        reply.headers().forEach(exchange.getResponseHeaders()::set);
        exchange.getResponseHeaders().set("Content-Type", reply.type());
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
        if (reply.status() == RefusedException.UNAUTHORIZED) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
        }
        if (reply.status() == RefusedException.METHOD_NOT_ALLOWED) {
            exchange.getResponseHeaders().set("Allow", "POST");
        }
        exchange.sendResponseHeaders(reply.status(), reply.body().length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(reply.body());
        }
    }

    /** Refuses new requests, and waits for those that are under way as long as the log may take. */
    @Override
    public void close() {
        if (closing.getAndSet(true)) {
            return;
        }
        try {
            int phase = underWay.arriveAndDeregister();
            int unused =
                    underWay.awaitAdvanceInterruptibly(phase, config.patience().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warn("requests are under way after {}, and are cut off", config.patience());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop(0);
        threads.shutdownNow();
        desk.close();
    }
}
