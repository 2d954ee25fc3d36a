package io.counterflow.trainer.checkpoint;

import java.nio.file.Path;

/**
 * A checkpoint whose files have the hashes that its manifest says.
 *
 * @param folder where it is
 * @param manifest what it holds
 * @param sha256 SHA-256 of the manifest, by which the next checkpoint names this one
 */
public record Checkpoint(Path folder, Manifest manifest, String sha256) {

    public long step() {
        return manifest.step();
    }

    /** A file of the checkpoint. */
    public Path file(String name) {
        return folder.resolve(name);
    }
}
