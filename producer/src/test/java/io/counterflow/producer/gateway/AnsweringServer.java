package io.counterflow.producer.gateway;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;

/** A server that answers what it was told to, one request after the other, and keeps what it was asked. */
final class AnsweringServer implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer server;
    private final Queue<Told> told = new ArrayDeque<>();
    private final CountDownLatch mayAnswer;
    private final List<Asked> asked = Collections.synchronizedList(new ArrayList<>());

    private record Told(int status, String body) {}

    /** A request. */
    record Asked(String path, String authorization, JsonNode body) {}

    AnsweringServer() throws IOException {
        this(new CountDownLatch(0));
    }

    /** @param mayAnswer what answers wait for */
    AnsweringServer(CountDownLatch mayAnswer) throws IOException {
        this.mayAnswer = mayAnswer;
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    }

    /** @param body with single quotes for double ones */
    AnsweringServer then(int status, String body) {
        synchronized (told) {
            told.add(new Told(status, body.replace('\'', '"')));
        }
        return this;
    }

    List<Asked> asked() {
        return asked;
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            asked.add(new Asked(
                    exchange.getRequestURI().getPath(),
                    String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")),
                    JSON.readTree(exchange.getRequestBody())));
            mayAnswer.await();
            Told next;
            synchronized (told) {
                next = told.remove();
            }
            byte[] bytes = next.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(next.status(), bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
