package io.counterflow.model.source;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.counterflow.files.Sha256;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;

/** A hub on this machine with one model, which can be told to misbehave. */
final class FakeHub implements AutoCloseable {
    static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

    final List<String> requests = Collections.synchronizedList(new ArrayList<>());
    final List<String> tokens = Collections.synchronizedList(new ArrayList<>());
    final List<String> storageTokens = Collections.synchronizedList(new ArrayList<>());
    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private final HttpServer server;
    private final HttpServer storage;
    private String repository = "acme/tiny";
    private String neededToken;
    private int breakOffAfter = Integer.MAX_VALUE;
    private int breakOffs;
    private int corrupt;
    private boolean ranges = true;
    private boolean truncatesSilently;
    private int busy;
    private int stalls;
    private String redirect;
    private final Semaphore closing = new Semaphore(0);
    private final ExecutorService threads = Executors.newCachedThreadPool();

    FakeHub() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
        storage = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        storage.createContext("/", this::store);
        storage.setExecutor(threads);
        storage.start();
    }

    URI endpoint() {
        return URI.create("http://localhost:" + server.getAddress().getPort());
    }

    /** Where the hub's large files are, by their names. */
    URI storage() {
        return URI.create("http://localhost:" + storage.getAddress().getPort());
    }

    FakeHub file(String name, byte[] content) {
        files.put(name, content);
        return this;
    }

    FakeHub needsToken(String token) {
        neededToken = token;
        return this;
    }

    /** Breaks connections off after so many bytes, so many times. */
    FakeHub breaksOff(int bytes, int times) {
        breakOffAfter = bytes;
        breakOffs = times;
        return this;
    }

    /** Changes a byte of weights on the way, so many times. */
    FakeHub corrupts(int times) {
        corrupt = times;
        return this;
    }

    FakeHub withoutRanges() {
        ranges = false;
        return this;
    }

    FakeHub truncatesSilently() {
        truncatesSilently = true;
        return this;
    }

    /** Answers that it is busy, so many times when it is asked for weights. */
    FakeHub busy(int times) {
        busy = times;
        return this;
    }

    /** Sends a part of the weights and then nothing more, so many times. */
    FakeHub stalls(int times) {
        stalls = times;
        return this;
    }

    FakeHub redirectsListingTo(String location) {
        redirect = location;
        return this;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            requests.add(path);
            String token = exchange.getRequestHeaders().getFirst("Authorization");
            tokens.add(token);
            if (neededToken != null && !("Bearer " + neededToken).equals(token)) {
                refuse(exchange, 401, "Invalid credentials");
            } else if (redirect != null) {
                exchange.getResponseHeaders().add("Location", redirect);
                exchange.sendResponseHeaders(302, -1);
            } else if (path.equals("/api/models/" + repository + "/revision/main")) {
                send(exchange, 200, listing());
            } else if (path.startsWith("/" + repository + "/resolve/" + COMMIT + "/")) {
                String name = path.substring(("/" + repository + "/resolve/" + COMMIT + "/").length());
                if (name.endsWith(".safetensors")) {
                    exchange.getResponseHeaders()
                            .add(
                                    "Location",
                                    "http://localhost:" + storage.getAddress().getPort() + "/" + name);
                    exchange.sendResponseHeaders(302, -1);
                } else {
                    send(exchange, 200, files.get(name));
                }
            } else {
                refuse(exchange, 404, "Repository not found");
            }
        }
    }

    private void store(HttpExchange exchange) throws IOException {
        try (exchange) {
            storageTokens.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
            byte[] content =
                    files.get(exchange.getRequestURI().getPath().substring(1)).clone();
            String range = exchange.getRequestHeaders().getFirst("Range");
            requests.add(exchange.getRequestURI().getPath() + (range == null ? "" : " " + range));
            if (busy > 0) {
                busy--;
                refuse(exchange, 503, "come again");
                return;
            }
            if (corrupt > 0) {
                corrupt--;
                content[content.length / 2] ^= 1;
            }
            int from = range == null || !ranges ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
            int length = content.length - from;
            if (truncatesSilently) {
                exchange.sendResponseHeaders(from > 0 ? 206 : 200, Math.max(length / 2, 1));
                exchange.getResponseBody().write(content, from, Math.max(length / 2, 1));
                return;
            }
            if (from > 0) {
                exchange.getResponseHeaders()
                        .add("Content-Range", "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
            }
            exchange.sendResponseHeaders(from > 0 ? 206 : 200, length);
            if (stalls > 0) {
                stalls--;
                exchange.getResponseBody().write(content, from, length / 2);
                exchange.getResponseBody().flush();
                closing.acquireUninterruptibly();
                return;
            }
            if (breakOffs > 0 && breakOffAfter < length) {
                breakOffs--;
                exchange.getResponseBody().write(content, from, breakOffAfter);
                exchange.getResponseBody().flush();
                return;
            }
            exchange.getResponseBody().write(content, from, length);
        }
    }

    private byte[] listing() throws IOException {
        ObjectNode json = new ObjectMapper().createObjectNode().put("sha", COMMIT);
        ArrayNode siblings = json.putArray("siblings");
        files.forEach((name, content) -> {
            ObjectNode file = siblings.addObject().put("rfilename", name).put("size", content.length);
            var git = GitBlob.digest(content.length);
            git.update(content);
            file.put("blobId", Sha256.hex(git));
            if (name.endsWith(".safetensors")) {
                var sha256 = Sha256.digest();
                sha256.update(content);
                file.putObject("lfs").put("sha256", Sha256.hex(sha256)).put("size", content.length);
            }
        });
        return new ObjectMapper().writeValueAsBytes(json);
    }

    private static void refuse(HttpExchange exchange, int status, String message) throws IOException {
        exchange.getResponseHeaders().add("X-Error-Message", message);
        exchange.sendResponseHeaders(status, -1);
    }

    private static void send(HttpExchange exchange, int status, byte[] body) throws IOException {
        exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
    }

    @Override
    public void close() {
        closing.release(100);
        server.stop(0);
        storage.stop(0);
        threads.shutdown();
    }
}
