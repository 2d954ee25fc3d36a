package io.counterflow.model.source;

import java.nio.file.Path;

/** Looks at what a checkpoint is before gigabytes of weights are fetched or read. */
@FunctionalInterface
public interface WeightsGuard {
    /** Lets everything through. */
    WeightsGuard NONE = folder -> {};

    /**
     * Called once the small files are here.
     *
     * @param folder with {@code config.json}; weights may be absent
     * @throws RuntimeException to have the weights left where they are
     */
    void check(Path folder);
}
