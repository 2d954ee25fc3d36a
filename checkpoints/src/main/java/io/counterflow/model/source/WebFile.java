package io.counterflow.model.source;

import static java.util.Objects.requireNonNull;

import io.counterflow.files.Sha256;
import io.counterflow.model.source.RangeClient.UnreachableException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.OptionalLong;

/** One published file on the web, known by its size and SHA-256. For one thread. */
public final class WebFile {
    private final RangeClient client = new RangeClient();
    private final URI address;
    private final long size;
    private final String sha256;
    private final Download.Pause pause;

    /**
     * A file at an address.
     *
     * @param address {@code http} or {@code https}
     * @param size in bytes
     * @param sha256 of its content, in lower-case hexadecimal
     */
    public WebFile(URI address, long size, String sha256) {
        this(address, size, sha256, Download.Pause.GROWING);
    }

    WebFile(URI address, long size, String sha256, Download.Pause pause) {
        this.address = requireNonNull(address, "address is null");
        this.size = size;
        this.sha256 = requireNonNull(sha256, "sha256 is null");
        this.pause = pause;
        if (address.getHost() == null || !String.valueOf(address.getScheme()).matches("https?")) {
            throw new SourceException("\"%s\" is no address that begins with https:// or http://".formatted(address));
        }
    }

    /**
     * Gets the file unless it is there. What an interrupted attempt has left in {@code target.part} is gone on with.
     *
     * @param target where it goes, whole or not at all
     * @throws SourceException if the server cannot be reached, refuses, or has another file
     */
    public void fetch(Path target, DownloadListener listener) {
        new Download(pause, listener).fetch(new Content(target.getFileName().toString()), target);
    }

    private final class Content implements RemoteContent {
        private final String name;
        private boolean answered;

        Content(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public String described() {
            return address.toString();
        }

        @Override
        public long size() {
            return size;
        }

        @Override
        public MessageDigest digest() {
            return Sha256.digest();
        }

        @Override
        public String hash() {
            return sha256;
        }

        @Override
        public HttpResponse<InputStream> open(long from) throws UnreachableException {
            HttpResponse<InputStream> response;
            try {
                response = client.open(address, from, (target, request) -> {}, this::refusal);
            } catch (UnreachableException e) {
                if (answered) {
                    throw e;
                }
                // Nobody waits a quarter of a minute to hear that there is no network.
                throw new SourceException("cannot fetch %s: %s".formatted(address, e.getMessage()), e);
            }
            answered = true;
            refuseOtherSize(response);
            return response;
        }

        private SourceException refusal(int status, String message) {
            return new SourceException("cannot fetch %s: the answer is %d%s"
                    .formatted(address, status, message.isEmpty() ? "" : " (" + message + ")"));
        }

        private void refuseOtherSize(HttpResponse<InputStream> response) {
            OptionalLong there = response.statusCode() == 200
                    ? response.headers().firstValueAsLong("content-length")
                    : response.headers()
                            .firstValue("content-range")
                            .filter(range -> range.matches("bytes \\d+-\\d+/\\d{1,18}"))
                            .map(range -> OptionalLong.of(Long.parseLong(range.substring(range.indexOf('/') + 1))))
                            .orElse(OptionalLong.empty());
            if (there.isPresent() && there.getAsLong() != size) {
                close(response);
                throw new SourceException("%s has %d bytes instead of %d; it is not the file that was published"
                        .formatted(address, there.getAsLong(), size));
            }
        }

        private static void close(HttpResponse<InputStream> response) {
            try {
                response.body().close();
            } catch (IOException e) {
                // Nothing of it is wanted.
            }
        }
    }
}
