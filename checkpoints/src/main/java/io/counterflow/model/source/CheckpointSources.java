package io.counterflow.model.source;

import static java.util.Objects.requireNonNull;

import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.ForeignWeights;
import io.counterflow.model.checkpoint.HubCache;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the folder of a checkpoint by its name: a path, {@code hf:org/name} or {@code hf:org/name@revision}, {@code stories15m} (a
 * language model) or {@code minilm} (an encoder). What is not on this machine is fetched, checked and kept.
 *
 * <p>Several processes may fetch the same checkpoint at once; threads of one process should not.
 */
public final class CheckpointSources {
    /** Name of the small real language model. */
    public static final String STORIES_15M = "stories15m";

    /** Name of the small real encoder. */
    public static final String MINILM = "minilm";

    private static final Map<String, NpmCheckpoint> PACKAGED =
            Map.of(STORIES_15M, StoriesCheckpoint.STORIES_15M, MINILM, PackagedCheckpoint.MINILM);

    private static final String HUB_PREFIX = "hf:";

    private final HubSettings hub;
    private final Path cache;
    private final List<String> npm;
    private final Download.Pause pause;

    CheckpointSources(HubSettings hub, Path cache, List<String> npm, Download.Pause pause) {
        this.hub = requireNonNull(hub, "hub is null");
        this.cache = requireNonNull(cache, "cache is null");
        this.npm = List.copyOf(npm);
        this.pause = requireNonNull(pause, "pause is null");
    }

    /**
     * Sources as the user's environment has them: the hub's usual variables, npm on the PATH, and converted models in
     * {@code COUNTERFLOW_HOME} or else in {@code .cache/counterflow} of the home folder.
     */
    public static CheckpointSources ofEnvironment() {
        Map<String, String> environment = System.getenv();
        Path home = Path.of(System.getProperty("user.home"));
        return new CheckpointSources(
                HubSettings.of(environment, home),
                CacheFolder.of(environment, home).resolve("models"),
                NpmPackage.command(),
                Download.Pause.GROWING);
    }

    /** Whether a name is one that may have to be fetched, as opposed to a path. */
    public static boolean isRemote(String name) {
        return name.startsWith(HUB_PREFIX) || PACKAGED.containsKey(name);
    }

    /**
     * Where a checkpoint is without fetching anything: a path as it is, whether or not there is a folder, and a packaged model that was fetched
     * before. Empty for what would be fetched, or looked up on the hub.
     *
     * @throws SourceException if the name of a model on the hub is none
     */
    public Optional<Path> withoutFetching(String name) {
        if (name.startsWith(HUB_PREFIX)) {
            HubId.parse(name.substring(HUB_PREFIX.length()));
            return Optional.empty();
        }
        if (PACKAGED.containsKey(name) && !Files.isDirectory(Path.of(name))) {
            return Optional.of(cache.resolve(name)).filter(Files::isDirectory);
        }
        return Optional.of(Path.of(name));
    }

    /**
     * The folder of a checkpoint.
     *
     * @param name path, {@code hf:} name, {@code stories15m} or {@code minilm}
     * @param listener hears of downloads
     * @throws SourceException if there is no such checkpoint or it cannot be had
     */
    public Path folder(String name, DownloadListener listener) {
        return name.startsWith(HUB_PREFIX)
                ? new HubCheckpoint(hub, HubId.parse(name.substring(HUB_PREFIX.length())), pause)
                        .folder(listener, WeightsGuard.NONE)
                : packagedOrHere(name, listener);
    }

    /**
     * The same for a checkpoint that is computed with: of an adapter whose base is not here but on the hub, the base is fetched too. With a
     * look at it before weights are fetched.
     *
     * @param guard called once, with the folder of the checkpoint or, where the base of an adapter is fetched, with that of the base
     */
    public Path folder(String name, DownloadListener listener, WeightsGuard guard) {
        if (!name.startsWith(HUB_PREFIX)) {
            Path folder = packagedOrHere(name, listener);
            checkWithBase(folder, listener, guard);
            return folder;
        }
        HubId id = HubId.parse(name.substring(HUB_PREFIX.length()));
        Path folder = new HubCheckpoint(hub, id, pause).folder(listener, guard);
        if (CheckpointParts.isAdapter(folder)) {
            checkWithBase(folder, listener, guard);
        }
        return folder;
    }

    private void checkWithBase(Path folder, DownloadListener listener, WeightsGuard guard) {
        if (CheckpointParts.isAdapter(folder)) {
            AdapterConfig adapter = AdapterConfig.read(folder);
            Optional<String> base = adapter.baseModel().filter(HubCache::isName);
            // One in the hub's cache may be half there.
            Optional<Path> here = adapter.baseFolder(folder, List.of())
                    .filter(f -> HubCache.snapshotIn(f).isEmpty());
            if (base.isPresent() && here.isEmpty()) {
                HubId id = new HubId(base.get(), adapter.revision().orElse("main"));
                try {
                    new HubCheckpoint(hub, id, pause).folder(listener, guard);
                } catch (SourceException e) {
                    throw new SourceException(
                            "the base model \"%s\" of the adapter in %s is no folder here, and on the hub: %s"
                                    .formatted(base.get(), folder, e.getMessage()),
                            e);
                }
                return;
            }
        }
        guard.check(folder);
    }

    private Path packagedOrHere(String name, DownloadListener listener) {
        if (PACKAGED.containsKey(name) && !Files.isDirectory(Path.of(name))) {
            Path folder = cache.resolve(name);
            if (!Files.isDirectory(folder)) {
                PACKAGED.get(name).create(npm, folder, listener);
            }
            return folder;
        }
        Path folder = Path.of(name);
        if (Files.isDirectory(folder)) {
            return folder;
        }
        throw new SourceException(
                Files.exists(folder)
                        ? ForeignWeights.describeFile(folder)
                        : ("there is no folder %s; a checkpoint is a folder, a name on the hub (hf:org/name), %s or %s")
                                .formatted(name, STORIES_15M, MINILM));
    }
}
