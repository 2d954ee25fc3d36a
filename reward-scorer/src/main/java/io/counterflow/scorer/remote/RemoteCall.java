package io.counterflow.scorer.remote;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;

/** One request over HTTP. */
final class RemoteCall {
    private RemoteCall() {}

    /**
     * Sends it and waits for the whole answer.
     *
     * @throws IOException when none comes; where nobody listens it says so with the address, which Java's own exception leaves out
     */
    static HttpResponse<String> send(HttpClient client, HttpRequest request) throws IOException, InterruptedException {
        try {
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (ConnectException e) {
            throw new IOException("cannot connect to " + request.uri(), e);
        }
    }
}
