package io.counterflow.cli.model;

import io.counterflow.cli.progress.DownloadProgress;
import io.counterflow.model.source.CheckpointSources;
import io.counterflow.model.source.WeightsGuard;
import java.nio.file.Path;

/** Finds checkpoints by path or by name for commands; what is not here is fetched, with progress on the standard error. */
public final class CheckpointFolders {

    private CheckpointFolders() {}

    /**
     * The folder of a checkpoint.
     *
     * @param name a folder, {@code hf:org/name} or {@code hf:org/name@revision}, or {@code stories15m}
     * @throws io.counterflow.model.source.SourceException if there is no such checkpoint or it cannot be had
     */
    public static Path find(String name) {
        return find(name, WeightsGuard.NONE);
    }

    /**
     * The same, with a look at the checkpoint before its weights are fetched.
     *
     * @param guard called once, but not for an adapter of a hub, which has no configuration of its own
     */
    public static Path find(String name, WeightsGuard guard) {
        try (DownloadProgress progress = new DownloadProgress(System.err, System.console() != null)) {
            return CheckpointSources.ofEnvironment().folder(name, progress, guard);
        }
    }
}
