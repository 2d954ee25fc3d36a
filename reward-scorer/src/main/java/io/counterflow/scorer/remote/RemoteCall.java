package io.counterflow.scorer.remote;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/** One request over HTTP. */
final class RemoteCall {
    /** Most bytes of an answer. */
    static final int LONGEST_ANSWER = 64 << 20;

    private RemoteCall() {}

    /**
     * An answer.
     *
     * @param status its HTTP status
     * @param body all of it, bytes that are no UTF-8 replaced
     */
    record Answer(int status, String body) {}

    /**
     * Sends it and waits for the whole answer.
     *
     * @throws IOException when none comes, or one of more than {@link #LONGEST_ANSWER} bytes; where nobody listens it says so with the address, which Java's own exception leaves out
     */
    static Answer send(HttpClient client, HttpRequest request) throws IOException, InterruptedException {
        try {
            HttpResponse<InputStream> response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
            try (InputStream body = response.body()) {
                byte[] bytes = body.readNBytes(LONGEST_ANSWER + 1);
                if (bytes.length > LONGEST_ANSWER) {
                    throw new IOException(request.uri() + " answered with more than " + LONGEST_ANSWER + " bytes");
                }
                return new Answer(response.statusCode(), new String(bytes, StandardCharsets.UTF_8));
            }
        } catch (ConnectException e) {
            throw new IOException("cannot connect to " + request.uri(), e);
        }
    }
}
