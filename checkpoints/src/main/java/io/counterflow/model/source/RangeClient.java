package io.counterflow.model.source;

import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/** Asks web servers for files, from any byte on. Thread-safe. */
final class RangeClient {
    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(20);
    private static final Duration RESPONSE_TIMEOUT = Duration.ofSeconds(60);
    private static final int MOST_REDIRECTS = 10;
    // What a server answers that is busy or being restarted.
    private static final Set<Integer> PASSING = Set.of(408, 429, 500, 502, 503, 504);

    private final HttpClient http = HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            // Redirects are followed here, so that a token is not shown to the host that stores the files.
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();

    /** A server that could not be reached at all or cannot answer now, as opposed to one that said no. */
    static final class UnreachableException extends IOException {
        UnreachableException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** What a request to an address says beside the address. */
    interface Headers {
        void add(URI target, HttpRequest.Builder request);
    }

    /** Says what an answer other than 200 and 206 means. */
    interface Refusal {
        SourceException because(int status, String message);
    }

    /**
     * Opens an address, through redirects.
     *
     * @param from the first byte wanted
     * @return the answer: 206 with the rest, 200 with the whole file
     * @throws SourceException if the server refuses
     * @throws UnreachableException if there is no answer, or one that asks to come again
     */
    HttpResponse<InputStream> open(URI uri, long from, Headers headers, Refusal refusal) throws UnreachableException {
        URI target = uri;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            HttpResponse<InputStream> response = send(request(target, from, headers));
            int status = response.statusCode();
            if (status == 200 || status == 206) {
                return response;
            }
            Optional<String> location = response.headers().firstValue("location");
            if (status / 100 == 3 && location.isPresent()) {
                discard(response);
                target = redirected(target, location.get());
                continue;
            }
            String message = message(response);
            if (PASSING.contains(status)) {
                throw new UnreachableException(
                        "%s answered %d%s".formatted(target, status, message.isEmpty() ? "" : " (" + message + ")"),
                        null);
            }
            throw refusal.because(status, message);
        }
        throw new SourceException("%s redirects more than %d times".formatted(uri, MOST_REDIRECTS));
    }

    private static URI redirected(URI from, String location) {
        try {
            URI target = from.resolve(location);
            if (target.getHost() != null && String.valueOf(target.getScheme()).matches("https?")) {
                return target;
            }
        } catch (IllegalArgumentException e) {
            // Said below.
        }
        throw new SourceException("%s redirects to \"%s\", which is no address on the web".formatted(from, location));
    }

    private static HttpRequest request(URI uri, long from, Headers headers) {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(uri).timeout(RESPONSE_TIMEOUT).header("User-Agent", "counterflow");
        if (from > 0) {
            request.header("Range", "bytes=" + from + "-");
        }
        headers.add(uri, request);
        return request.GET().build();
    }

    private HttpResponse<InputStream> send(HttpRequest request) throws UnreachableException {
        try {
            return http.send(request, BodyHandlers.ofInputStream());
        } catch (IOException e) {
            throw new UnreachableException(
                    "cannot reach %s: %s".formatted(request.uri().getHost(), reason(e)), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SourceException(
                    "interrupted while waiting for " + request.uri().getHost(), e);
        }
    }

    private static String message(HttpResponse<InputStream> response) {
        Optional<String> header = response.headers().firstValue("x-error-message");
        try (InputStream body = response.body()) {
            String text = new String(body.readNBytes(300), StandardCharsets.UTF_8);
            return header.orElse(text.lines().findFirst().orElse("")).strip();
        } catch (IOException e) {
            return header.orElse("");
        }
    }

    private static void discard(HttpResponse<InputStream> response) throws UnreachableException {
        try (InputStream body = response.body()) {
            body.readNBytes(1 << 16);
        } catch (IOException e) {
            throw new UnreachableException("the answer of %s broke off".formatted(response.uri()), e);
        }
    }

    private static String reason(IOException e) {
        Throwable cause = e;
        while (cause.getMessage() == null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause instanceof UnresolvedAddressException) {
            return "its name cannot be resolved";
        }
        if (e instanceof ConnectException && cause instanceof ClosedChannelException) {
            return "it refuses the connection";
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }
}
