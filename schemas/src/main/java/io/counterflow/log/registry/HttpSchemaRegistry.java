package io.counterflow.log.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.Schema;
import org.apache.avro.SchemaParseException;
import org.apache.kafka.common.errors.InterruptException;

/**
 * Client of the REST API that Confluent's registry, Apicurio ({@code /apis/ccompat/v7}), Karapace and Redpanda share.
 *
 * <p>Answers are kept for ever, since an id never changes its schema. A server that does not answer, or answers with
 * 429 or 5xx, is asked again after a growing pause. Thread-safe.
 */
public final class HttpSchemaRegistry implements SchemaRegistry {

    private static final String MEDIA_TYPE = "application/vnd.schemaregistry.v1+json";

    private final String baseUrl;
    private final String authorization;
    private final int attempts;
    private final Duration firstPause;
    private final HttpClient http =
            HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(5)).build();
    private final ObjectMapper json = new ObjectMapper();
    private final Map<SubjectSchema, Integer> ids = new ConcurrentHashMap<>();
    private final Map<Integer, Schema> schemas = new ConcurrentHashMap<>();

    private record SubjectSchema(String subject, Schema schema) {}

    /** Asks up to six times within about six seconds. */
    public HttpSchemaRegistry(String url) {
        this(url, 6, Duration.ofMillis(200));
    }

    /**
     * @param url base of the API; {@code http://user:password@host} sends HTTP basic authentication
     * @param attempts how often a question is asked at most, at least 1
     * @param firstPause before the second attempt; each further pause is twice as long
     */
    public HttpSchemaRegistry(String url, int attempts, Duration firstPause) {
        Objects.requireNonNull(firstPause, "firstPause");
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts is " + attempts + ", must be at least 1");
        }
        URI uri = parse(url);
        String userInfo = uri.getUserInfo();
        this.authorization = userInfo == null
                ? null
                : "Basic " + Base64.getEncoder().encodeToString(userInfo.getBytes(StandardCharsets.UTF_8));
        String bare = userInfo == null ? url : url.replaceFirst("//[^@]*@", "//");
        this.baseUrl = bare.endsWith("/") ? bare.substring(0, bare.length() - 1) : bare;
        this.attempts = attempts;
        this.firstPause = firstPause;
    }

    private static URI parse(String url) {
        try {
            URI uri = URI.create(Objects.requireNonNull(url, "url"));
            if (uri.getHost() != null && ("http".equals(uri.getScheme()) || "https".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("schema registry '" + url + "' is not a URL: " + e.getMessage(), e);
        }
        throw new IllegalArgumentException(
                "schema registry '" + url + "' is not a URL: give one like http://127.0.0.1:8081");
    }

    @Override
    public int register(String subject, Schema schema) {
        SubjectSchema key = new SubjectSchema(subject, schema);
        Integer known = ids.get(key);
        if (known != null) {
            return known;
        }
        String body = json.createObjectNode().put("schema", schema.toString()).toString();
        String path = "/subjects/" + URLEncoder.encode(subject, StandardCharsets.UTF_8) + "/versions";
        JsonNode id = call(request(path).POST(HttpRequest.BodyPublishers.ofString(body)))
                .get("id");
        if (id == null || !id.isInt()) {
            throw new SchemaRegistryException("schema registry at " + baseUrl + " gave no id for " + subject);
        }
        ids.put(key, id.asInt());
        return id.asInt();
    }

    @Override
    public Schema byId(int id) {
        Schema known = schemas.get(id);
        if (known != null) {
            return known;
        }
        JsonNode schema = call(request("/schemas/ids/" + id).GET()).get("schema");
        if (schema == null || !schema.isTextual()) {
            throw new SchemaRegistryException("schema registry at " + baseUrl + " gave no schema for id " + id);
        }
        try {
            Schema parsed = new Schema.Parser().parse(schema.asText());
            schemas.put(id, parsed);
            return parsed;
        } catch (SchemaParseException e) {
            throw new SchemaRegistryException(
                    "schema " + id + " of the registry at " + baseUrl + " is not an Avro schema", e);
        }
    }

    private HttpRequest.Builder request(String path) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(baseUrl + path))
                .timeout(Duration.ofSeconds(10))
                .header("Content-Type", MEDIA_TYPE)
                .header("Accept", MEDIA_TYPE + ", application/json");
        return authorization == null ? request : request.header("Authorization", authorization);
    }

    private JsonNode call(HttpRequest.Builder builder) {
        HttpRequest request = builder.build();
        String question = request.method() + " " + request.uri();
        try {
            Duration pause = firstPause;
            for (int attempt = 1; ; attempt++) {
                String trouble;
                IOException cause = null;
                try {
                    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
                    int status = response.statusCode();
                    if (status == 200) {
                        return read(question, response.body());
                    }
                    if (status != 429 && status < 500) {
                        throw refusal(status, question, response.body());
                    }
                    trouble = "answered " + status + ": " + response.body();
                } catch (IOException e) {
                    trouble = "does not answer (" + e + ")";
                    cause = e;
                }
                if (attempt == attempts) {
                    throw new SchemaRegistryUnavailableException(
                            "schema registry at " + baseUrl + " " + trouble + ", asked " + attempts + " times for "
                                    + question + "; is it running, and is log.schemaRegistryUrl right?",
                            cause);
                }
                Thread.sleep(pause.toMillis());
                pause = pause.multipliedBy(2);
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    private JsonNode read(String question, String body) {
        try {
            return json.readTree(body);
        } catch (JsonProcessingException e) {
            throw new SchemaRegistryException(
                    "the answer to " + question + " is not JSON; is " + baseUrl + " a schema registry?", e);
        }
    }

    private static SchemaRegistryException refusal(int status, String question, String body) {
        return switch (status) {
            case 409 -> new IncompatibleSchemaException("the schema registry refused " + question + ": " + body);
            case 401, 403 ->
                new SchemaRegistryException("the schema registry refused " + question + " with " + status
                        + "; give user and password in log.schemaRegistryUrl: http://user:password@host");
            case 404 ->
                new SchemaRegistryException("the schema registry does not know " + question
                        + "; a log is read with the registry it was written with: " + body);
            default ->
                new SchemaRegistryException("the schema registry answered " + status + " to " + question + ": " + body);
        };
    }
}
