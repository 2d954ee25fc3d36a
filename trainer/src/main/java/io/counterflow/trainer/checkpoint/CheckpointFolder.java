package io.counterflow.trainer.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.counterflow.files.FileTree;
import io.counterflow.files.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The checkpoints of one run, as folders {@code step-00000010} side by side.
 *
 * <p>A checkpoint is written under another name, synced file by file, and renamed: a crash at any moment leaves all of it
 * or none. One that fails its hashes is never used and never written over: it is set aside under a name that says so.
 * For one trainer at a time, see {@link RunLock}.
 */
public final class CheckpointFolder {

    private static final String WRITING = ".writing-";
    private static final String PRUNED = ".pruned-";

    private static final Logger LOG = LoggerFactory.getLogger(CheckpointFolder.class);
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    private static final Pattern NAME = Pattern.compile("step-(\\d{8,})");

    private final Path folder;

    /** @param folder made when the first checkpoint is written */
    public CheckpointFolder(Path folder) {
        this.folder = folder.toAbsolutePath().normalize();
    }

    /** Writes the contents of a checkpoint into an empty folder. */
    @FunctionalInterface
    public interface Contents {
        void write(Path folder) throws IOException;
    }

    /**
     * Makes a checkpoint durable.
     *
     * @param step optimizer steps taken
     * @param previous SHA-256 of the checkpoint before, or null
     * @param contents writes every file but the manifest
     * @throws RunCheckpointException when that fails; earlier checkpoints are untouched
     */
    public Checkpoint write(long step, String previous, Contents contents) {
        Path target = folder.resolve("step-%08d".formatted(step));
        // A trainer that was taken over may still be writing the same step.
        Path aside = folder.resolve(
                WRITING + "step-%08d-%d".formatted(step, ProcessHandle.current().pid()));
        try {
            Files.createDirectories(folder);
            deleteFolder(aside);
            Files.createDirectory(aside);
            contents.write(aside);
            Manifest manifest = Manifest.of(aside, step, previous);
            Path manifestFile = aside.resolve(Manifest.FILE);
            Files.writeString(manifestFile, JSON.writeValueAsString(manifest) + "\n");
            FileTree.sync(aside);
            String sha256 = Sha256.of(manifestFile);
            if (Files.exists(target) && holds(target, sha256)) {
                deleteFolder(aside);
            } else {
                if (Files.exists(target)) {
                    setAside(target);
                }
                Files.move(aside, target, StandardCopyOption.ATOMIC_MOVE);
                FileTree.syncOne(folder);
            }
            return new Checkpoint(target, manifest, sha256);
        } catch (IOException | RuntimeException e) {
            Throwable cause = e instanceof UncheckedIOException ? e.getCause() : e;
            discard(aside, cause);
            throw new RunCheckpointException(
                    "checkpoint of step " + step + " could not be written to " + target + ": " + reason(cause)
                            + ". Make room or choose another folder, and start again",
                    cause);
        }
    }

    /** Half a checkpoint only takes room that others may need. */
    private static void discard(Path aside, Throwable cause) {
        try {
            deleteFolder(aside);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private static boolean holds(Path target, String sha256) {
        try {
            return open(target).sha256().equals(sha256);
        } catch (RunCheckpointException e) {
            return false;
        }
    }

    private static String reason(Throwable cause) {
        return cause instanceof FileSystemException file && file.getReason() != null
                ? file.getReason()
                : String.valueOf(cause.getMessage());
    }

    /**
     * The newest checkpoint that has the hashes its manifest says.
     *
     * @param refused is told of every newer one that does not, in words that name it
     */
    public Optional<Checkpoint> newest(Consumer<String> refused) {
        for (Path candidate : candidates()) {
            try {
                return Optional.of(open(candidate));
            } catch (RunCheckpointException e) {
                refused.accept(e.getMessage());
            }
        }
        return Optional.empty();
    }

    /** The checkpoint of a step, if there is one, checked. */
    public Optional<Checkpoint> of(long step) {
        Path candidate = folder.resolve("step-%08d".formatted(step));
        return Files.isDirectory(candidate) ? Optional.of(open(candidate)) : Optional.empty();
    }

    /**
     * Opens a checkpoint and checks the hashes of its files.
     *
     * @throws RunCheckpointException naming what is wrong
     */
    public static Checkpoint open(Path candidate) {
        Path manifestFile = candidate.resolve(Manifest.FILE);
        try {
            if (!Files.isRegularFile(manifestFile)) {
                throw new RunCheckpointException("checkpoint " + candidate + " is refused: it has no " + Manifest.FILE);
            }
            Manifest manifest = JSON.readValue(manifestFile.toFile(), Manifest.class);
            List<String> faults = manifest.faults(candidate);
            if (!faults.isEmpty()) {
                throw new RunCheckpointException(
                        "checkpoint " + candidate + " is refused: " + String.join("; ", faults));
            }
            return new Checkpoint(candidate, manifest, Sha256.of(manifestFile));
        } catch (IOException e) {
            throw new RunCheckpointException("checkpoint " + candidate + " is refused: " + e.getMessage(), e);
        }
    }

    /**
     * Deletes checkpoints that need not be kept.
     *
     * @param keepLast how many of the newest stay, and how many of the newest that are evaluated: a producer that is
     *     behind still comes to them
     * @param keepEvery steps divisible by this stay; 0 for none
     * @param evaluateEvery steps divisible by this are evaluated; 0 for none
     */
    public void prune(int keepLast, int keepEvery, int evaluateEvery) {
        int newest = 0;
        int evaluated = 0;
        for (Path candidate : candidates()) {
            boolean isEvaluated = divides(evaluateEvery, step(candidate));
            boolean stays =
                    newest < keepLast || isEvaluated && evaluated < keepLast || divides(keepEvery, step(candidate));
            newest++;
            evaluated += isEvaluated ? 1 : 0;
            if (!stays) {
                delete(candidate);
            }
        }
    }

    private static boolean divides(int every, long step) {
        return every > 0 && step % every == 0;
    }

    private static void delete(Path old) {
        try {
            // Killed meanwhile, it leaves nothing that bears a checkpoint's name.
            Path aside = old.resolveSibling(PRUNED + old.getFileName());
            deleteFolder(aside);
            Files.move(old, aside, StandardCopyOption.ATOMIC_MOVE);
            deleteFolder(aside);
        } catch (IOException e) {
            LOG.atWarn()
                    .addKeyValue("checkpoint", old)
                    .addKeyValue("cause", e.getMessage())
                    .log("an old checkpoint could not be deleted");
        }
    }

    /** Removes what crashed trainers left half written or half deleted; only while no other trainer writes here. */
    public void clearUnfinished() {
        if (!Files.isDirectory(folder)) {
            return;
        }
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path entry : entries.filter(CheckpointFolder::isUnfinished).toList()) {
                deleteFolder(entry);
            }
        } catch (IOException e) {
            throw new RunCheckpointException(folder + " cannot be cleared: " + e.getMessage(), e);
        }
    }

    private static boolean isUnfinished(Path entry) {
        String name = entry.getFileName().toString();
        return name.startsWith(WRITING) || name.startsWith(PRUNED);
    }

    /** Folders that bear a checkpoint's name, newest first, unchecked. */
    public List<Path> candidates() {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(p -> NAME.matcher(p.getFileName().toString()).matches() && Files.isDirectory(p))
                    .sorted(Comparator.comparingLong(CheckpointFolder::step).reversed())
                    .toList();
        } catch (IOException e) {
            throw new RunCheckpointException(folder + " cannot be listed: " + e.getMessage(), e);
        }
    }

    private static long step(Path checkpoint) {
        Matcher matcher = NAME.matcher(checkpoint.getFileName().toString());
        if (!matcher.matches()) {
            throw new IllegalArgumentException(checkpoint + " is no checkpoint folder");
        }
        return Long.parseLong(matcher.group(1));
    }

    /** Something of that name is in the way: a checkpoint that was refused. It is evidence, so it is kept. */
    private void setAside(Path checkpoint) throws IOException {
        for (int n = 1; ; n++) {
            Path name = folder.resolve("refused-" + checkpoint.getFileName() + "-" + n);
            if (!Files.exists(name)) {
                Files.move(checkpoint, name, StandardCopyOption.ATOMIC_MOVE);
                return;
            }
        }
    }

    private static void deleteFolder(Path folder) throws IOException {
        // The manifest goes first: what a crash leaves of the rest is no checkpoint any more.
        Files.deleteIfExists(folder.resolve(Manifest.FILE));
        FileTree.delete(folder);
    }
}
