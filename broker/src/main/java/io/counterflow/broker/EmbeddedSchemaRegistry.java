package io.counterflow.broker;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.counterflow.log.registry.SchemaCatalog;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;

/**
 * The part of the schema registry REST API that serialisers and browsers use, over the same compacted {@code _schemas}
 * topic and record format that the well-known registries keep, so that one of them can take over the topic.
 *
 * <p>One instance a cluster, loopback only; no deletion, no references, one compatibility level
 * ({@code BACKWARD_TRANSITIVE}) for every subject. Requests are answered by two daemon threads.
 */
public final class EmbeddedSchemaRegistry implements AutoCloseable {

    private static final String MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";

    private final ObjectMapper json = new ObjectMapper();
    private final SchemaCatalog catalog = new SchemaCatalog();
    private final SchemasTopic topic;
    private final HttpServer server;
    private final ExecutorService threads;

    /** An answer that is not a success. */
    private static final class Refusal extends Exception {
        final int code;

        Refusal(int code, String message) {
            super(message);
            this.code = code;
        }
    }

    /**
     * Reads the topic, which is created where it is missing, and serves.
     *
     * @param clientProperties how to reach the cluster: {@code bootstrap.servers} and any other client setting
     * @param port of 127.0.0.1, or 0 for a free one
     * @throws UncheckedIOException when the port is taken
     */
    public EmbeddedSchemaRegistry(Map<String, ?> clientProperties, int port) {
        server = bind(port);
        try {
            topic = new SchemasTopic(clientProperties);
            topic.read(catalog::put);
        } catch (RuntimeException e) {
            server.stop(0);
            throw e;
        }
        threads = Executors.newFixedThreadPool(2, task -> {
            Thread thread = new Thread(task, "schema-registry");
            thread.setDaemon(true);
            return thread;
        });
        server.createContext("/", this::handle);
        server.setExecutor(threads);
        server.start();
    }

    private static HttpServer bind(int port) {
        try {
            return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        } catch (BindException e) {
            throw new UncheckedIOException(
                    "port " + port + " for the schema registry is taken; choose another, or 0 for any free one", e);
        } catch (IOException e) {
            throw new UncheckedIOException("the schema registry cannot listen on port " + port, e);
        }
    }

    /** Where it serves, without a slash at the end. */
    public String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdown();
        topic.close();
    }

    private void handle(HttpExchange exchange) throws IOException {
        int status = 200;
        JsonNode answer;
        try (exchange) {
            try {
                answer = route(
                        exchange.getRequestMethod(),
                        exchange.getRequestURI().getRawPath(),
                        exchange.getRequestBody().readAllBytes());
            } catch (Refusal e) {
                status = e.code / 100;
                answer = json.createObjectNode().put("error_code", e.code).put("message", e.getMessage());
            } catch (RuntimeException | IOException e) {
                status = 500;
                answer = json.createObjectNode().put("error_code", 50001).put("message", e.toString());
            }
            byte[] body = json.writeValueAsBytes(answer);
            exchange.getResponseHeaders().set("Content-Type", MEDIA_TYPE);
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private synchronized JsonNode route(String method, String rawPath, byte[] body) throws IOException, Refusal {
        List<String> path = new ArrayList<>();
        for (String part : rawPath.split("/")) {
            if (!part.isEmpty()) {
                path.add(URLDecoder.decode(part, StandardCharsets.UTF_8));
            }
        }
        String shape = method + " " + path.size() + " " + (path.isEmpty() ? "" : path.get(0));
        return switch (shape) {
            case "GET 0 " -> json.createObjectNode();
            case "GET 1 subjects" -> json.valueToTree(catalog.subjects());
            case "GET 1 config", "GET 2 config" ->
                json.createObjectNode().put("compatibilityLevel", SchemaCatalog.COMPATIBILITY);
            case "GET 1 mode", "GET 2 mode" -> json.createObjectNode().put("mode", "READWRITE");
            case "GET 2 schemas" -> json.valueToTree(List.of("AVRO"));
            case "GET 3 schemas" ->
                json.createObjectNode().put("schema", byId(path.get(2)).toString());
            case "GET 3 subjects" ->
                json.valueToTree(versions(path.get(1)).stream()
                        .map(SchemaCatalog.Entry::version)
                        .toList());
            case "GET 4 subjects" -> describe(version(path.get(1), path.get(3)));
            case "POST 2 subjects" -> describe(lookUp(path.get(1), parse(body)));
            case "POST 3 subjects" -> json.createObjectNode().put("id", register(path.get(1), parse(body)));
            case "POST 5 compatibility" ->
                json.createObjectNode()
                        .put(
                                "is_compatible",
                                catalog.incompatibility(path.get(2), parse(body))
                                        .isEmpty());
            default -> throw new Refusal(40400, "no " + method + " " + rawPath + " here");
        };
    }

    private Schema parse(byte[] body) throws IOException, Refusal {
        JsonNode request = json.readTree(body);
        String type = request.path("schemaType").asText("AVRO");
        if (!type.equals("AVRO")) {
            throw new Refusal(42201, "schema type " + type + " is not kept here, only AVRO");
        }
        try {
            return new Schema.Parser().parse(request.path("schema").asText());
        } catch (SchemaParseException e) {
            throw new Refusal(42201, "not an Avro schema: " + e.getMessage());
        }
    }

    private Schema byId(String id) throws Refusal {
        return catalog.schema(number(id)).orElseThrow(() -> new Refusal(40403, "no schema has the id " + id));
    }

    private static int number(String text) throws Refusal {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw new Refusal(42202, "'" + text + "' is not a number");
        }
    }

    private List<SchemaCatalog.Entry> versions(String subject) throws Refusal {
        List<SchemaCatalog.Entry> versions = catalog.versions(subject);
        if (versions.isEmpty()) {
            throw new Refusal(40401, "no subject " + subject);
        }
        return versions;
    }

    private SchemaCatalog.Entry version(String subject, String version) throws Refusal {
        List<SchemaCatalog.Entry> versions = versions(subject);
        if (version.equals("latest")) {
            return versions.get(versions.size() - 1);
        }
        int wanted = number(version);
        return versions.stream()
                .filter(e -> e.version() == wanted)
                .findFirst()
                .orElseThrow(() -> new Refusal(40402, "no version " + version + " of " + subject));
    }

    private JsonNode describe(SchemaCatalog.Entry entry) {
        return json.createObjectNode()
                .put("subject", entry.subject())
                .put("version", entry.version())
                .put("id", entry.id())
                .put("schema", entry.schema().toString());
    }

    private SchemaCatalog.Entry lookUp(String subject, Schema schema) throws Refusal {
        versions(subject);
        return catalog.find(subject, schema)
                .orElseThrow(() -> new Refusal(40403, "the schema is not under " + subject));
    }

    private int register(String subject, Schema schema) throws Refusal {
        Optional<SchemaCatalog.Entry> known = catalog.find(subject, schema);
        if (known.isPresent()) {
            return known.get().id();
        }
        Optional<String> why = catalog.incompatibility(subject, schema);
        if (why.isPresent()) {
            throw new Refusal(40901, "incompatible with an earlier version of " + subject + ": " + why.get());
        }
        SchemaCatalog.Entry entry = catalog.next(subject, schema);
        topic.write(entry);
        catalog.put(entry);
        return entry.id();
    }
}
