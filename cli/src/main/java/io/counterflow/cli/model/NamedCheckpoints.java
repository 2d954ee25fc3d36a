package io.counterflow.cli.model;

import io.counterflow.cli.progress.DownloadProgress;
import io.counterflow.cli.progress.Terminal;
import io.counterflow.model.source.CheckpointSources;
import io.counterflow.model.source.WeightsGuard;
import java.nio.file.Path;

/** Finds checkpoints by path or by name for commands; what is not here is fetched, with progress on the standard error. */
public final class NamedCheckpoints {

    private NamedCheckpoints() {}

    /**
     * The folder of a checkpoint.
     *
     * @param name a folder, {@code hf:org/name} or {@code hf:org/name@revision}, or {@code stories15m}
     * @throws io.counterflow.model.source.SourceException if there is no such checkpoint or it cannot be had
     */
    public static Path find(String name) {
        try (DownloadProgress progress = new DownloadProgress(System.err, Terminal.isThere())) {
            return CheckpointSources.ofEnvironment().folder(name, progress);
        }
    }

    /**
     * The same for a checkpoint that is computed with: of an adapter, its base is fetched too. With a look at it before weights are fetched.
     *
     * @param guard called once, with the folder of the checkpoint or, where the base of an adapter is fetched, with that of the base
     */
    public static Path find(String name, WeightsGuard guard) {
        try (DownloadProgress progress = new DownloadProgress(System.err, Terminal.isThere())) {
            return CheckpointSources.ofEnvironment().folder(name, progress, guard);
        }
    }
}
