package io.counterflow.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.counterflow.model.safetensors.SafetensorsException;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorInfo;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The weights of a checkpoint's folder, in one safetensors file or in shards, checked against the model's configuration
 * and given out under the names of {@link ModelConfig#tensors()} or {@link EncoderConfig#tensors()}.
 *
 * <p>Safe for use by several threads. Buffers stay valid after {@link #close()}.
 */
public final class CheckpointTensors implements AutoCloseable {
    static final String SINGLE_FILE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";
    private static final int MOST_FAULTS_SHOWN = 3;

    private final Path folder;
    private final List<SafetensorsFile> files;
    private final Map<String, SafetensorsFile> fileOf = new HashMap<>();
    private final Map<String, String> storedNames = new LinkedHashMap<>();

    private CheckpointTensors(Path folder, List<SafetensorsFile> files) {
        this.folder = folder;
        this.files = files;
        for (SafetensorsFile file : files) {
            for (TensorInfo tensor : file.tensors()) {
                SafetensorsFile other = fileOf.put(tensor.name(), file);
                if (other != null) {
                    throw new CheckpointException(
                            "tensor %s is in both %s and %s".formatted(tensor.name(), other.path(), file.path()));
                }
            }
        }
    }

    /** Whether a folder has weights, in one file or as an index of shards. */
    public static boolean areIn(Path folder) {
        return Files.exists(folder.resolve(SINGLE_FILE)) || Files.exists(folder.resolve(INDEX));
    }

    /**
     * Opens the weights of a folder and checks that they are those that the configuration asks for.
     *
     * @throws CheckpointException if there are no weights, a file is damaged, or tensors are missing, left over or of a
     *     wrong shape: one line for each
     */
    public static CheckpointTensors open(Path folder, ModelConfig config) {
        return open(folder, WantedTensors.of(config));
    }

    /** As {@link #open(Path, ModelConfig)}, of an encoder with its head. */
    public static CheckpointTensors open(Path folder, EncoderConfig config) {
        return open(folder, WantedTensors.of(config));
    }

    /**
     * Opens the weights of a folder to start another model of the same encoder from them. The encoder must be there; of the head, only
     * what fits is taken.
     *
     * @throws CheckpointException as {@link #open(Path, ModelConfig)}
     */
    public static CheckpointTensors openBase(Path folder, EncoderConfig started) {
        return open(folder, WantedTensors.ofBase(started));
    }

    private static CheckpointTensors open(Path folder, WantedTensors wanted) {
        List<SafetensorsFile> files = openFiles(folder);
        try {
            CheckpointTensors tensors = new CheckpointTensors(folder, files);
            tensors.check(wanted);
            return tensors;
        } catch (RuntimeException e) {
            files.forEach(SafetensorsFile::close);
            throw e;
        }
    }

    private static List<SafetensorsFile> openFiles(Path folder) {
        List<SafetensorsFile> files = new ArrayList<>();
        try {
            if (Files.exists(folder.resolve(SINGLE_FILE))) {
                files.add(SafetensorsFile.open(folder.resolve(SINGLE_FILE)));
            } else if (Files.exists(folder.resolve(INDEX))) {
                openShards(folder, files);
            } else {
                throw new CheckpointException(ForeignWeights.instead(folder, SINGLE_FILE));
            }
            return files;
        } catch (SafetensorsException e) {
            files.forEach(SafetensorsFile::close);
            throw new CheckpointException(e.getMessage(), e);
        } catch (RuntimeException e) {
            files.forEach(SafetensorsFile::close);
            throw e;
        }
    }

    private static void openShards(Path folder, List<SafetensorsFile> files) {
        Path index = folder.resolve(INDEX);
        Map<String, String> shardOf = weightMap(JsonFiles.read(index), index);
        Map<String, SafetensorsFile> shards = new HashMap<>();
        for (String shard : new TreeSet<>(shardOf.values())) {
            if (shard.isEmpty() || shard.contains("/") || shard.contains("\\") || shard.equals("..")) {
                throw new CheckpointException(
                        "%s names the file %s, which is not in its folder".formatted(index, shard));
            }
            if (!Files.exists(folder.resolve(shard))) {
                throw new CheckpointException("%s names the file %s, which is not there".formatted(index, shard));
            }
            SafetensorsFile file = SafetensorsFile.open(folder.resolve(shard));
            files.add(file);
            shards.put(shard, file);
        }
        List<String> faults = new ArrayList<>();
        shardOf.forEach((tensor, shard) -> {
            if (!shards.get(shard).contains(tensor)) {
                faults.add("tensor %s is not in %s".formatted(tensor, shard));
            }
        });
        if (!faults.isEmpty()) {
            throw new CheckpointException(
                    "%s does not fit its shards: %s".formatted(index, Faults.line(faults, MOST_FAULTS_SHOWN)));
        }
    }

    private static Map<String, String> weightMap(ObjectNode json, Path index) {
        JsonNode map = json.get("weight_map");
        if (map == null || !map.isObject() || map.isEmpty()) {
            throw new CheckpointException("%s has no weight_map".formatted(index));
        }
        Map<String, String> shardOf = new TreeMap<>();
        map.properties().forEach(entry -> {
            if (!entry.getValue().isTextual()) {
                throw new CheckpointException("%s gives no file name for tensor %s".formatted(index, entry.getKey()));
            }
            shardOf.put(entry.getKey(), entry.getValue().asText());
        });
        return shardOf;
    }

    private void check(WantedTensors demand) {
        Map<String, String> names = TensorNames.byPlainName(fileOf.keySet());
        List<String> missing = new ArrayList<>();
        List<String> faults = new ArrayList<>();
        TreeSet<String> unused = new TreeSet<>(fileOf.keySet());
        for (TensorSpec wanted : demand.required()) {
            String stored = storedName(demand, wanted.name(), names);
            if (stored == null) {
                missing.add("tensor %s of shape %s is missing".formatted(wanted.name(), wanted.shape()));
                continue;
            }
            unused.remove(stored);
            storedNames.put(wanted.name(), stored);
            TensorInfo tensor = fileOf.get(stored).tensor(stored);
            if (!tensor.shape().equals(wanted.shape())) {
                faults.add("tensor %s has the shape %s; the configuration asks for %s"
                        .formatted(stored, tensor.shape(), wanted.shape()));
            } else if (!tensor.type().isFloating()) {
                faults.add("tensor %s is of %s; weights are of F32, F16, BF16 or F64".formatted(stored, tensor.type()));
            }
        }
        for (TensorSpec wanted : demand.optional()) {
            String stored = storedName(demand, wanted.name(), names);
            if (stored != null
                    && fileOf.get(stored).tensor(stored).shape().equals(wanted.shape())
                    && fileOf.get(stored).tensor(stored).type().isFloating()) {
                storedNames.put(wanted.name(), stored);
            }
        }
        List<String> leftOver = unused.stream()
                .filter(name ->
                        !demand.tolerated().test(name) && !demand.tolerated().test(TensorNames.plain(name)))
                .map(name -> "tensor %s is left over: the configuration has no place for it".formatted(name))
                .toList();
        List<String> all = Stream.of(missing, faults, leftOver)
                .filter(kind -> !kind.isEmpty())
                .map(kind -> Faults.line(kind, MOST_FAULTS_SHOWN))
                .toList();
        if (!all.isEmpty()) {
            throw new CheckpointException(
                    "%s does not fit its %s: %s".formatted(folder, ModelConfig.FILE_NAME, String.join("; ", all)));
        }
    }

    /** Checkpoints of the bare network, such as the original GPT-2, leave the prefix out. */
    private static String storedName(WantedTensors demand, String name, Map<String, String> names) {
        if (names.containsKey(name)) {
            return names.get(name);
        }
        String prefix = demand.prefix();
        String bare = name.startsWith(prefix) ? name.substring(prefix.length()) : name;
        if (names.containsKey(bare)) {
            return names.get(bare);
        }
        return names.get(demand.standIns().get(name));
    }

    /** Whether a tensor that may be missing is there, by its name in {@link EncoderConfig#tensors()}. */
    public boolean contains(String name) {
        return storedNames.containsKey(name);
    }

    /** Type and shape of a tensor, by its name in {@link ModelConfig#tensors()}. */
    public TensorInfo info(String name) {
        String stored = stored(name);
        return fileOf.get(stored).tensor(stored);
    }

    /** A tensor's bytes, mapped read-only; see {@link SafetensorsFile#bytes}. */
    public ByteBuffer bytes(String name) {
        String stored = stored(name);
        return fileOf.get(stored).bytes(stored);
    }

    /** A tensor's elements, widened to floats; see {@link SafetensorsFile#floats}. */
    public float[] floats(String name) {
        String stored = stored(name);
        return fileOf.get(stored).floats(stored);
    }

    /** The same, piece by piece; see {@link SafetensorsFile#floats(String, SafetensorsFile.Pieces)}. */
    public void floats(String name, SafetensorsFile.Pieces pieces) {
        String stored = stored(name);
        fileOf.get(stored).floats(stored, pieces);
    }

    private Tensor copy(String name) {
        String stored = stored(name);
        return fileOf.get(stored).copy(stored).named(name);
    }

    /** Some of a tensor's elements; see {@link SafetensorsFile#floats(String, int, int)}. */
    float[] floats(String name, int from, int count) {
        String stored = stored(name);
        return fileOf.get(stored).floats(stored, from, count);
    }

    /** All tensors as a writer takes them, unchanged and read when asked for. */
    public Collection<Tensor> tensors() {
        return storedNames.keySet().stream().map(this::copy).toList();
    }

    /** Names of the tensors that hold a NaN or an infinity, with which nothing can be computed. Reads all of them. */
    public List<String> nonFinite() {
        List<String> names = new ArrayList<>();
        storedNames.keySet().forEach(name -> {
            boolean[] found = new boolean[1];
            floats(name, (at, piece) -> found[0] |= NonFinite.first(piece) >= 0);
            if (found[0]) {
                names.add(name);
            }
        });
        return names;
    }

    /** SHA-256 of some of the weights, by their names, as if the file held no others. */
    public String sha256Of(Predicate<String> names) {
        return SafetensorsWriter.sha256(
                storedNames.keySet().stream().filter(names).map(this::copy).toList(),
                SafetensorsWriter.PYTORCH_METADATA);
    }

    /**
     * SHA-256 of the weights: of the {@code model.safetensors} that {@link CheckpointWriter} makes of them when it makes
     * one file, so that it does not depend on how they are divided into shards.
     */
    public String sha256() {
        return SafetensorsWriter.sha256(tensors(), SafetensorsWriter.PYTORCH_METADATA);
    }

    @Override
    public void close() {
        files.forEach(SafetensorsFile::close);
    }

    private String stored(String name) {
        String stored = storedNames.get(name);
        if (stored == null) {
            throw new CheckpointException("the model has no tensor %s".formatted(name));
        }
        return stored;
    }
}
