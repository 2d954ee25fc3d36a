package io.counterflow.producer.source.server;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Optional;

/** Where a server answers. Thread-safe. */
public final class Endpoint {

    private final String url;
    private final Optional<String> apiKey;
    private final Duration timeLimit;
    /** Not HTTP/2: servers of Python's kind complain of every offer to upgrade. */
    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofSeconds(10))
            .build();

    /** What came back. */
    public record Reply(int status, String text) {

        public boolean isOk() {
            return status == 200;
        }

        /** Whether the same may be answered otherwise later. */
        public boolean mayPass() {
            return status == 429 || status == 408 || status >= 500;
        }

        /** The body; missing where it is no JSON. */
        public JsonNode json() {
            try {
                return CompletionsApi.JSON.readTree(text);
            } catch (JsonProcessingException e) {
                return MissingNode.getInstance();
            }
        }

        /** For messages. */
        public String shown() {
            return "answered " + status + ": " + (text.length() <= 300 ? text : text.substring(0, 300) + "...");
        }
    }

    /** @param url of the API, as http://127.0.0.1:8000/v1 */
    public Endpoint(String url, Optional<String> apiKey, Duration timeLimit) {
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        this.apiKey = apiKey;
        this.timeLimit = timeLimit;
    }

    public String url() {
        return url;
    }

    /** @param path behind the API's URL, or, with a slash before it, behind the server's, which is that without /v1 */
    public URI uri(String path) {
        String root = url.endsWith("/v1") ? url.substring(0, url.length() - 3) : url;
        return URI.create(path.startsWith("/") ? root + path : url + "/" + path);
    }

    public Reply get(String path) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)).GET());
    }

    public Reply post(String path, JsonNode body) throws IOException, InterruptedException {
        return post(uri(path), body);
    }

    public Reply post(URI where, JsonNode body) throws IOException, InterruptedException {
        return send(HttpRequest.newBuilder(where)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body.toString())));
    }

    private Reply send(HttpRequest.Builder request) throws IOException, InterruptedException {
        apiKey.ifPresent(key -> request.header("Authorization", "Bearer " + key));
        HttpResponse<String> response =
                http.send(request.timeout(timeLimit).build(), HttpResponse.BodyHandlers.ofString());
        return new Reply(response.statusCode(), response.body());
    }
}
