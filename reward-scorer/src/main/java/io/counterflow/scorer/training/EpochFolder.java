package io.counterflow.scorer.training;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.counterflow.files.FileTree;
import io.counterflow.files.WholeFolder;
import io.counterflow.model.classifier.ClassifierOptimizer;
import io.counterflow.model.classifier.TrainableClassifier;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What a training leaves beside its output until it is done, so that it can go on after an interruption: {@code plan.json} says what is being
 * trained; {@code epoch-N} holds model, optimizer and summaries after an epoch. The newest epoch is kept, and the best one's model. One
 * process at a time.
 */
final class EpochFolder implements AutoCloseable {

    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();
    private static final String EPOCH = "epoch-";

    private final Path folder;
    private final FileChannel lock;

    /** A finished epoch on the disk. */
    record Saved(Path model, Path adapter, Path optimizer, List<EpochSummary> summaries) {}

    private EpochFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Opens the folder of a training, or makes it.
     *
     * @param plan all that the result depends on
     * @throws TrainingFailedException when it belongs to another training, or another process is at it
     */
    static EpochFolder open(Path folder, Object plan) {
        try {
            Files.createDirectories(folder);
            FileChannel lock =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                if (lock.tryLock() == null) {
                    throw new OverlappingFileLockException();
                }
                check(folder, JSON.writeValueAsString(plan) + "\n");
                return new EpochFolder(folder, lock);
            } catch (OverlappingFileLockException e) {
                lock.close();
                throw new TrainingFailedException("another training is at work in " + folder, e);
            } catch (TrainingFailedException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot use the folder " + folder, e);
        }
    }

    private static void check(Path folder, String plan) throws IOException {
        Path file = folder.resolve("plan.json");
        if (!Files.exists(file)) {
            Files.writeString(file, plan);
        } else if (!Files.readString(file).equals(plan)) {
            throw new TrainingFailedException(
                    folder + " holds an interrupted training with other settings or data (see " + file.getFileName()
                            + " there); delete it, or train with the same settings to go on with it");
        }
    }

    /** The newest finished epoch. */
    Optional<Saved> newest() {
        return epochs().stream().max(Comparator.naturalOrder()).map(this::saved);
    }

    /** The model after an epoch. */
    Path model(int epoch) {
        return folder.resolve(EPOCH + epoch).resolve("model");
    }

    private Saved saved(int epoch) {
        Path place = folder.resolve(EPOCH + epoch);
        try {
            List<EpochSummary> summaries =
                    List.of(JSON.readValue(place.resolve("epochs.json").toFile(), EpochSummary[].class));
            return new Saved(
                    place.resolve("model"),
                    place.resolve("adapter"),
                    place.resolve("optimizer.safetensors"),
                    summaries);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + place + "; delete it to go on without it", e);
        }
    }

    /**
     * Writes an epoch, whole or not at all, and deletes what is neither newest nor best.
     *
     * @param adapter whether the classifier has one, to go on with
     */
    void save(
            TrainableClassifier classifier,
            boolean adapter,
            ClassifierOptimizer optimizer,
            List<EpochSummary> summaries,
            int best) {
        int epoch = summaries.get(summaries.size() - 1).epoch();
        WholeFolder.create(folder.resolve(EPOCH + epoch), place -> {
            classifier.save(place.resolve("model"));
            if (adapter) {
                classifier.saveAdapter(place.resolve("adapter"));
            }
            optimizer.save(place.resolve("optimizer.safetensors"));
            try {
                JSON.writeValue(place.resolve("epochs.json").toFile(), summaries);
            } catch (IOException e) {
                throw new UncheckedIOException("cannot write into " + place, e);
            }
        });
        try {
            for (int old : epochs()) {
                if (old != epoch && old != best) {
                    FileTree.delete(folder.resolve(EPOCH + old));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete an old epoch in " + folder, e);
        }
    }

    private List<Integer> epochs() {
        List<Integer> epochs = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            files.map(file -> file.getFileName().toString())
                    .filter(name -> name.matches(EPOCH + "\\d+"))
                    .forEach(name -> epochs.add(Integer.parseInt(name.substring(EPOCH.length()))));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + folder, e);
        }
        return epochs;
    }

    /** Deletes everything; the training is done. */
    void delete() throws IOException {
        lock.close();
        FileTree.delete(folder);
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }
}
