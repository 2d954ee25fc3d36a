package io.counterflow.model.source;

import static java.util.Objects.requireNonNull;

import io.counterflow.model.checkpoint.HubCache;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * How to reach a hub and where to keep what it gives, as huggingface_hub understands it.
 *
 * @param endpoint where the hub is; {@code HF_ENDPOINT}
 * @param token the user's access token; {@code HF_TOKEN}, or the file {@code token} in {@code HF_HOME}
 * @param cache where downloads are kept; {@code HF_HUB_CACHE}, or {@code hub} in {@code HF_HOME}
 * @param offline whether only what is in the cache may be used; {@code HF_HUB_OFFLINE}
 */
public record HubSettings(URI endpoint, Optional<String> token, Path cache, boolean offline) {
    public HubSettings {
        requireNonNull(endpoint, "endpoint is null");
        requireNonNull(token, "token is null");
        requireNonNull(cache, "cache is null");
    }

    /**
     * Reads the usual variables.
     *
     * @param environment the process's environment
     * @param home the user's home folder
     * @throws SourceException if {@code HF_ENDPOINT} is no address
     */
    public static HubSettings of(Map<String, String> environment, Path home) {
        Path hubHome = HubCache.hubHome(environment, home);
        Path cache = HubCache.of(environment, home).folder();
        Optional<String> token = text(environment, "HF_TOKEN").or(() -> tokenFile(environment, hubHome));
        boolean offline = text(environment, "HF_HUB_OFFLINE")
                .filter(value -> value.equals("1") || value.equalsIgnoreCase("true"))
                .isPresent();
        return new HubSettings(endpoint(environment), token, cache, offline);
    }

    private static URI endpoint(Map<String, String> environment) {
        String endpoint = text(environment, "HF_ENDPOINT").orElse("https://huggingface.co");
        try {
            URI uri = URI.create(endpoint.endsWith("/") ? endpoint.substring(0, endpoint.length() - 1) : endpoint);
            if (uri.getHost() != null && ("https".equals(uri.getScheme()) || "http".equals(uri.getScheme()))) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            throw new SourceException("HF_ENDPOINT is \"%s\", which is no address".formatted(endpoint), e);
        }
        throw new SourceException("HF_ENDPOINT is \"%s\"; it must begin with https:// or http://".formatted(endpoint));
    }

    private static Optional<String> tokenFile(Map<String, String> environment, Path hubHome) {
        Path file = text(environment, "HF_TOKEN_PATH").map(Path::of).orElse(hubHome.resolve("token"));
        try {
            return Files.isReadable(file)
                    ? Optional.of(Files.readString(file).strip()).filter(t -> !t.isEmpty())
                    : Optional.empty();
        } catch (java.io.IOException e) {
            throw new SourceException("cannot read the access token in %s: %s".formatted(file, e), e);
        }
    }

    private static Optional<String> text(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).map(String::strip).filter(value -> !value.isEmpty());
    }

    /** Leaves the token out. */
    @Override
    public String toString() {
        return "HubSettings[endpoint=%s, token=%s, cache=%s, offline=%s]"
                .formatted(endpoint, token.isPresent() ? "set" : "none", cache, offline);
    }
}
