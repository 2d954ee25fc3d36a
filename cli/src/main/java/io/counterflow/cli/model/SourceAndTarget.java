package io.counterflow.cli.model;

import io.counterflow.files.WholeFolder;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.source.WeightsGuard;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The checkpoint that a command reads, and the new folder that it writes, whole or not at all. */
final class SourceAndTarget {

    @Parameters(index = "0", paramLabel = "MODEL", description = CheckpointArgument.DESCRIPTION)
    private String source;

    @Parameters(index = "1", paramLabel = "TARGET", description = "The folder to write; must not exist.")
    private Path folder;

    @Option(
            names = "--shard-bytes",
            paramLabel = "BYTES",
            description = "Most bytes of weights in one file (default: 5 GB).")
    private long shardBytes = CheckpointWriter.DEFAULT_SHARD_BYTES;

    /** The folder of what is read; what is not here is fetched. */
    Path source() {
        return CheckpointArgument.folder(source);
    }

    /** The same; of an adapter, the base that it names is fetched too. */
    Path sourceWithBase() {
        return NamedCheckpoints.find(source, WeightsGuard.NONE);
    }

    /** @throws CheckpointException if the target is there, before anything is fetched for it */
    void requireNew() {
        if (Files.exists(folder)) {
            throw new CheckpointException("%s exists already; name a folder that does not".formatted(folder));
        }
    }

    void create(Consumer<Path> fill) {
        requireNew();
        WholeFolder.create(folder, fill);
    }

    Path folder() {
        return folder;
    }

    long shardBytes() {
        return shardBytes;
    }
}
