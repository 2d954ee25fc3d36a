package io.counterflow.model.source;

/** Hears how a download goes on; called from the thread that downloads. */
@FunctionalInterface
public interface DownloadListener {
    /** Hears nothing. */
    DownloadListener SILENT = (name, done, total) -> {};

    /**
     * Called at the start, about every mebibyte and at the end of a file.
     *
     * @param name the file
     * @param done bytes that are here, those of an earlier attempt included
     * @param total bytes of the whole file; 0 if not known
     */
    void progress(String name, long done, long total);
}
