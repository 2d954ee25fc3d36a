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
import java.util.Optional;
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
        RegistryAddress address = RegistryAddress.parse(url);
        this.authorization = address.userAndPassword()
                .map(given -> "Basic " + Base64.getEncoder().encodeToString(given.getBytes(StandardCharsets.UTF_8)))
                .orElse(null);
        this.baseUrl = address.base();
        this.attempts = attempts;
        this.firstPause = firstPause;
    }

    @Override
    public int register(String subject, Schema schema) {
        SubjectSchema key = new SubjectSchema(subject, schema);
        Integer known = ids.get(key);
        if (known != null) {
            return known;
        }
        String body = json.createObjectNode().put("schema", schema.toString()).toString();
        String subjectPath = "/subjects/" + URLEncoder.encode(subject, StandardCharsets.UTF_8);
        // Looked up first: who may only read needs no right to write for a schema that is there.
        Optional<JsonNode> found = lookUp(request(subjectPath).POST(HttpRequest.BodyPublishers.ofString(body)));
        JsonNode id = found.isPresent()
                ? found.get().get("id")
                : call(request(subjectPath + "/versions").POST(HttpRequest.BodyPublishers.ofString(body)))
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
            throw new UnknownSchemaException(
                    "schema " + id + " of the registry at " + baseUrl + " is not an Avro schema");
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
        HttpResponse<String> response = send(request);
        if (response.statusCode() == 200) {
            return read(question(request), response.body());
        }
        throw refusal(response.statusCode(), question(request), response.body());
    }

    /** Empty where the registry does not know the schema, or answers no such question. */
    private Optional<JsonNode> lookUp(HttpRequest.Builder builder) {
        HttpRequest request = builder.build();
        HttpResponse<String> response = send(request);
        return response.statusCode() == 200 ? Optional.of(read(question(request), response.body())) : Optional.empty();
    }

    private static String question(HttpRequest request) {
        return request.method() + " " + request.uri();
    }

    /** An answer that is none of a server that is busy or down. */
    private HttpResponse<String> send(HttpRequest request) {
        try {
            Duration pause = firstPause;
            for (int attempt = 1; ; attempt++) {
                String trouble;
                IOException cause = null;
                try {
                    HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
                    int status = response.statusCode();
                    if (status != 429 && status < 500) {
                        return response;
                    }
                    trouble = "answered " + status + ": " + said(response.body());
                } catch (IOException e) {
                    trouble = "does not answer (" + e + ")";
                    cause = e;
                }
                if (attempt == attempts) {
                    throw new SchemaRegistryUnavailableException(
                            "schema registry at " + baseUrl + " " + trouble + ", asked " + attempts + " times for "
                                    + question(request) + "; is it running, and is log.schemaRegistryUrl right?",
                            cause);
                }
                Thread.sleep(pause.toMillis());
                pause = pause.multipliedBy(2);
            }
        } catch (InterruptedException e) {
            throw new InterruptException(e);
        }
    }

    /** A registry's own words: its message where it has one, else the beginning of its answer, on one line. */
    private String said(String body) {
        try {
            JsonNode answer = json.readTree(body);
            if (answer != null && answer.path("message").isTextual()) {
                String code = answer.path("error_code").isInt() ? " (" + answer.get("error_code") + ")" : "";
                return answer.get("message").asText() + code;
            }
        } catch (JsonProcessingException e) {
            // A proxy's page, say.
        }
        String line = body.strip().replaceAll("\\s*\\R\\s*", " ");
        return line.length() <= 300 ? line : line.substring(0, 300) + " ...";
    }

    private JsonNode read(String question, String body) {
        try {
            return json.readTree(body);
        } catch (JsonProcessingException e) {
            throw new SchemaRegistryException(
                    "the answer to " + question + " is not JSON; is " + baseUrl + " a schema registry?", e);
        }
    }

    private SchemaRegistryException refusal(int status, String question, String body) {
        String said = said(body);
        return switch (status) {
            case 409 -> new IncompatibleSchemaException("the schema registry refused " + question + ": " + said);
            case 401, 403 ->
                new SchemaRegistryException("the schema registry refused " + question + " with " + status + ": " + said
                        + (authorization == null
                                ? "; user and password are given in log.schemaRegistryUrl: http://user:password@host"
                                : "; user and password are those of log.schemaRegistryUrl"));
            case 404 ->
                new UnknownSchemaException("the schema registry does not know " + question
                        + "; a log is read with the registry it was written with: " + said);
            default ->
                new SchemaRegistryException("the schema registry answered " + status + " to " + question + ": " + said);
        };
    }
}
