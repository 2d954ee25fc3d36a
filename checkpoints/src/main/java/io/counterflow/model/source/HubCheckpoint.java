package io.counterflow.model.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.counterflow.model.checkpoint.ForeignWeights;
import io.counterflow.model.source.HubClient.Listing;
import io.counterflow.model.source.HubClient.RemoteFile;
import io.counterflow.model.source.RangeClient.UnreachableException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A model on a hub, kept in the cache that huggingface_hub keeps: {@code blobs} by hash, {@code refs} by revision,
 * {@code snapshots} by commit. What Python has downloaded is not downloaded again, and the other way round.
 */
final class HubCheckpoint {
    private static final Logger LOG = LoggerFactory.getLogger(HubCheckpoint.class);
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final String WEIGHTS = "model.safetensors";
    private static final String INDEX = "model.safetensors.index.json";
    private static final String ADAPTER = "adapter_model.safetensors";

    /** Everything but weights that a checkpoint may need. */
    private static final List<String> SMALL_FILES = List.of(
            "config.json",
            "generation_config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "special_tokens_map.json",
            "added_tokens.json",
            "chat_template.jinja",
            "chat_template.json",
            "adapter_config.json");

    /** Chat templates beside the default one. */
    private static final Pattern FURTHER_TEMPLATE = Pattern.compile("additional_chat_templates/\\w[\\w-]*\\.jinja");

    private final HubSettings settings;
    private final HubId id;
    private final HubClient client;
    private final Download.Pause pause;
    private final Path repository;

    HubCheckpoint(HubSettings settings, HubId id, Download.Pause pause) {
        this.settings = settings;
        this.id = id;
        this.client = new HubClient(settings);
        this.pause = pause;
        this.repository = settings.cache().resolve(id.cacheFolder());
    }

    /**
     * The checkpoint's folder, downloaded where it is not in the cache.
     *
     * @throws SourceException if it cannot be had
     */
    Path folder(DownloadListener listener, WeightsGuard guard) {
        Optional<Path> cached = cached().filter(this::isComplete);
        if (cached.isPresent() && (id.isCommit() || settings.offline())) {
            guard.check(cached.get());
            return cached.get();
        }
        if (settings.offline()) {
            throw new SourceException(
                    "%s is not in the cache %s, and HF_HUB_OFFLINE is set".formatted(id, settings.cache()));
        }
        try {
            Listing listing = client.list(id);
            return download(listing, listener, guard);
        } catch (UnreachableException e) {
            if (cached.isEmpty()) {
                throw new SourceException(
                        "%s; %s is not in the cache %s".formatted(e.getMessage(), id, settings.cache()), e);
            }
            LOG.atWarn()
                    .addKeyValue("model", id)
                    .addKeyValue("cause", e.getMessage())
                    .log("The hub cannot be reached; using what the cache has");
            guard.check(cached.get());
            return cached.get();
        }
    }

    private Path download(Listing listing, DownloadListener listener, WeightsGuard guard) {
        Path snapshot = repository.resolve("snapshots").resolve(listing.commit());
        Download download = new Download(pause, listener);
        for (String name : SMALL_FILES) {
            fetch(download, listing, snapshot, name);
        }
        for (String name : listing.files().keySet()) {
            if (FURTHER_TEMPLATE.matcher(name).matches()) {
                fetch(download, listing, snapshot, name);
            }
        }
        if (Files.exists(snapshot.resolve("config.json"))) {
            guard.check(snapshot);
        }
        if (!fetch(download, listing, snapshot, WEIGHTS)) {
            fetchShardsOrAdapter(download, listing, snapshot);
        }
        remember(listing.commit());
        return snapshot;
    }

    private void fetchShardsOrAdapter(Download download, Listing listing, Path snapshot) {
        if (fetch(download, listing, snapshot, INDEX)) {
            for (String shard : shards(snapshot.resolve(INDEX))) {
                if (!fetch(download, listing, snapshot, shard)) {
                    throw new SourceException("%s lacks %s, which its index names".formatted(id, shard));
                }
            }
        } else if (!fetch(download, listing, snapshot, ADAPTER)) {
            throw new SourceException(ForeignWeights.describe(
                            id.toString(), new TreeSet<>(listing.files().keySet()))
                    .map(found -> "%s has no weights as safetensors, but %s".formatted(id, found))
                    .orElseGet(() -> "%s has no weights as safetensors; its files are %s"
                            .formatted(id, String.join(", ", listing.files().keySet()))));
        }
    }

    private boolean fetch(Download download, Listing listing, Path snapshot, String name) {
        RemoteFile file = listing.files().get(name);
        if (file == null) {
            return false;
        }
        Path link = snapshot.resolve(name);
        if (Files.exists(link)) {
            return true;
        }
        Path blob = repository.resolve("blobs").resolve(file.contentId());
        download.fetch(new HubFile(client, id, listing.commit(), file), blob);
        try {
            Files.createDirectories(link.getParent());
            link(link, blob);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + link, e);
        }
        return true;
    }

    private static void link(Path link, Path blob) throws IOException {
        try {
            Files.deleteIfExists(link);
            Files.createSymbolicLink(link, link.getParent().relativize(blob));
        } catch (FileAlreadyExistsException e) {
            LOG.debug("{} was made by another process", link);
        } catch (IOException | UnsupportedOperationException e) {
            // File systems without symbolic links.
            Files.copy(blob, link);
        }
    }

    private void remember(String commit) {
        if (id.isCommit()) {
            return;
        }
        Path ref = repository.resolve("refs").resolve(id.revision());
        try {
            Files.createDirectories(ref.getParent());
            Files.writeString(ref, commit);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write " + ref, e);
        }
    }

    private Optional<Path> cached() {
        Path ref = repository.resolve("refs").resolve(id.revision());
        try {
            String commit = id.isCommit()
                    ? id.revision()
                    : Files.exists(ref) ? Files.readString(ref).strip() : "";
            return commit.matches("[0-9a-f]{40}")
                    ? Optional.of(repository.resolve("snapshots").resolve(commit))
                    : Optional.empty();
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + ref, e);
        }
    }

    private boolean isComplete(Path snapshot) {
        if (Files.exists(snapshot.resolve("adapter_config.json"))) {
            return Files.exists(snapshot.resolve(ADAPTER));
        }
        boolean weights = Files.exists(snapshot.resolve(WEIGHTS))
                || Files.exists(snapshot.resolve(INDEX))
                        && shards(snapshot.resolve(INDEX)).stream().allMatch(s -> Files.exists(snapshot.resolve(s)));
        return weights
                && Files.exists(snapshot.resolve("config.json"))
                && Files.exists(snapshot.resolve("tokenizer.json"));
    }

    private List<String> shards(Path index) {
        try {
            JsonNode map = MAPPER.readTree(index.toFile()).path("weight_map");
            TreeSet<String> shards = new TreeSet<>();
            for (Map.Entry<String, JsonNode> entry : map.properties()) {
                String shard = entry.getValue().asText();
                if (!shard.matches("[\\w.-]+") || shard.startsWith(".")) {
                    throw new SourceException("the index of %s names the file \"%s\"".formatted(id, shard));
                }
                shards.add(shard);
            }
            return new ArrayList<>(shards);
        } catch (IOException e) {
            throw new SourceException("%s of %s is not valid JSON: %s".formatted(INDEX, id, e.getMessage()), e);
        }
    }
}
