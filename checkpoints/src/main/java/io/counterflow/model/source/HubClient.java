package io.counterflow.model.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.source.RangeClient.UnreachableException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The few requests that a hub must answer: which files a revision has, and their bytes. */
final class HubClient {
    private static final int LARGEST_LISTING = 64 << 20;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    private final HubSettings settings;
    private final RangeClient client = new RangeClient();

    HubClient(HubSettings settings) {
        this.settings = settings;
    }

    /**
     * A file of a repository.
     *
     * @param path its path in the repository
     * @param size in bytes
     * @param gitId git's object id; of the pointer where the file is in large-file storage
     * @param sha256 of the content, where the file is in large-file storage
     */
    record RemoteFile(String path, long size, String gitId, Optional<String> sha256) {
        /** What the content is known by: the name of its file in the cache. */
        String contentId() {
            return sha256.orElse(gitId);
        }
    }

    /**
     * What a revision holds.
     *
     * @param commit the commit that the revision points to
     */
    record Listing(String commit, Map<String, RemoteFile> files) {}

    /**
     * Asks which files a revision has.
     *
     * @throws SourceException if the hub refuses or answers something else
     * @throws UnreachableException if there is no answer
     */
    Listing list(HubId id) throws UnreachableException {
        URI uri = URI.create("%s/api/models/%s/revision/%s?blobs=true"
                .formatted(settings.endpoint(), id.repository(), id.revision().replace("/", "%2F")));
        HttpResponse<InputStream> response = get(uri, 0, id);
        try (InputStream body = response.body()) {
            byte[] json = body.readNBytes(LARGEST_LISTING + 1);
            if (json.length > LARGEST_LISTING) {
                throw new SourceException("%s answers with a listing of more than %d bytes"
                        .formatted(settings.endpoint(), LARGEST_LISTING));
            }
            return listing(MAPPER.readTree(json), id);
        } catch (JsonProcessingException e) {
            throw new SourceException(
                    "%s does not answer as a Hugging Face hub; is HF_ENDPOINT right?".formatted(uri), e);
        } catch (IOException e) {
            throw new UnreachableException("the answer of %s broke off: %s".formatted(uri, e.getMessage()), e);
        }
    }

    private Listing listing(JsonNode json, HubId id) {
        String commit = json.path("sha").asText("");
        if (!commit.matches("[0-9a-f]{40}")) {
            throw new SourceException(
                    "%s gives no commit for %s; is HF_ENDPOINT right?".formatted(settings.endpoint(), id));
        }
        Map<String, RemoteFile> files = new LinkedHashMap<>();
        for (JsonNode file : json.path("siblings")) {
            String path = file.path("rfilename").asText("");
            String gitId = file.path("blobId").asText("");
            Optional<String> sha256 =
                    Optional.ofNullable(file.path("lfs").get("sha256")).map(JsonNode::asText);
            long size = file.path("size").asLong(-1);
            if (size >= 0
                    && (gitId.matches("[0-9a-f]{40}") || sha256.isPresent())
                    && sha256.map(s -> s.matches("[0-9a-f]{64}")).orElse(true)) {
                files.put(path, new RemoteFile(path, size, gitId, sha256));
            }
        }
        return new Listing(commit, files);
    }

    /**
     * Opens a file's bytes.
     *
     * @param from the first byte wanted
     * @return the answer: 206 with the rest, 200 with the whole file
     */
    HttpResponse<InputStream> open(HubId id, String commit, String path, long from) throws UnreachableException {
        return get(
                URI.create("%s/%s/resolve/%s/%s"
                        .formatted(settings.endpoint(), id.repository(), commit, path.replace(" ", "%20"))),
                from,
                id);
    }

    private HttpResponse<InputStream> get(URI uri, long from, HubId id) throws UnreachableException {
        return client.open(uri, from, this::showToken, (status, message) -> refusal(status, uri, id, message));
    }

    private void showToken(URI target, HttpRequest.Builder request) {
        if (isHub(target)) {
            settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        }
    }

    private boolean isHub(URI uri) {
        return uri.getHost().equalsIgnoreCase(settings.endpoint().getHost())
                && uri.getPort() == settings.endpoint().getPort()
                && uri.getScheme().equals(settings.endpoint().getScheme());
    }

    private SourceException refusal(int status, URI uri, HubId id, String message) {
        String said = message.isEmpty() ? "" : " (" + message + ")";
        return new SourceException(
                switch (status) {
                    case 401, 403 ->
                        settings.token().isPresent()
                                ? "%s does not show %s with the access token given%s; check HF_TOKEN, and accept the model's"
                                                .formatted(settings.endpoint(), id, said)
                                        + " conditions on its page if it has any"
                                : "%s shows %s to nobody without an access token%s; set HF_TOKEN, and check the name"
                                        .formatted(settings.endpoint(), id, said);
                    case 404 ->
                        "%s has no %s%s; check the name and the revision".formatted(settings.endpoint(), id, said);
                    default -> "%s answered %d%s".formatted(uri, status, said);
                });
    }
}
