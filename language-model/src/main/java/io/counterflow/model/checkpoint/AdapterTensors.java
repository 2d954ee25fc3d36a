package io.counterflow.model.checkpoint;

import io.counterflow.model.safetensors.SafetensorsException;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorInfo;
import io.counterflow.model.safetensors.TensorType;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The weights of an adapter in PEFT's {@code adapter_model.safetensors}: factors of adapted modules, and tensors that
 * replace those of the base (biases, or a head that was trained whole).
 *
 * @param factors by module, in the base's order
 * @param replacements by the base's tensor names
 */
public record AdapterTensors(Map<String, LowRank> factors, Map<String, float[]> replacements) {
    /** Name of the file in an adapter's folder. */
    public static final String FILE_NAME = "adapter_model.safetensors";

    /** Key of the header's metadata under which the SHA-256 of the base's weights stands, where it is known. */
    private static final String BASE_SHA256 = "base_weights_sha256";

    private static final String PREFIX = "base_model.model.";
    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";
    private static final String WEIGHT = ".weight";
    // Where PEFT keeps what a module that it adapts had before.
    private static final String BASE_LAYER = ".base_layer";
    private static final Set<String> EMBEDDINGS = Set.of("model.embed_tokens.weight", "transformer.wte.weight");

    public AdapterTensors {
        factors = Collections.unmodifiableMap(new LinkedHashMap<>(factors));
        replacements = Collections.unmodifiableMap(new LinkedHashMap<>(replacements));
    }

    /**
     * Reads an adapter and checks that it fits the base.
     *
     * @throws CheckpointException if the file is damaged, or tensors are missing, left over or of a wrong shape: one line
     *     for each
     */
    public static AdapterTensors read(Path folder, ModelConfig base) {
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(FILE_NAME))) {
            return read(file, base);
        } catch (SafetensorsException e) {
            throw new CheckpointException(e.getMessage(), e);
        }
    }

    private static AdapterTensors read(SafetensorsFile file, ModelConfig base) {
        Map<String, LowRank> factors = new LinkedHashMap<>();
        Map<String, float[]> replacements = new LinkedHashMap<>();
        List<String> faults = new ArrayList<>();
        TreeSet<String> unused = new TreeSet<>();
        file.tensors().forEach(tensor -> unused.add(tensor.name()));
        for (TensorSpec spec : base.tensors()) {
            for (String whole : List.of(PREFIX + spec.name(), PREFIX + inBaseLayer(spec.name()))) {
                if (unused.remove(whole)) {
                    readReplacement(file, base, spec, whole, faults).ifPresent(r -> replacements.put(spec.name(), r));
                }
            }
            if (spec.shape().size() == 2 && spec.name().endsWith(WEIGHT)) {
                String module = spec.name().substring(0, spec.name().length() - WEIGHT.length());
                readFactors(file, base, spec, module, unused, faults).ifPresent(f -> factors.put(module, f));
            }
        }
        unused.forEach(name -> faults.add(withoutPlace(name, base)));
        if (factors.isEmpty() && replacements.isEmpty() && faults.isEmpty()) {
            faults.add("it adapts nothing");
        }
        if (!faults.isEmpty()) {
            throw new CheckpointException("%s does not fit the base:\n  %s"
                    .formatted(file.path(), String.join("\n  ", faults.subList(0, Math.min(faults.size(), 20)))));
        }
        return new AdapterTensors(factors, replacements);
    }

    private static Optional<float[]> readReplacement(
            SafetensorsFile file, ModelConfig base, TensorSpec spec, String whole, List<String> faults) {
        TensorInfo tensor = file.tensor(whole);
        if (!tensor.shape().equals(spec.shape())) {
            faults.add(
                    "tensor %s has the shape %s; the base asks for %s".formatted(whole, tensor.shape(), spec.shape()));
            return Optional.empty();
        }
        if (hasTiedHead(base) && EMBEDDINGS.contains(spec.name())) {
            // PEFT leaves the head as it was; no checkpoint with tied embeddings could hold both.
            faults.add("tensor %s replaces the embeddings, which the base ties to its head; that is not supported"
                    .formatted(whole));
            return Optional.empty();
        }
        return Optional.of(file.floats(whole));
    }

    private static boolean hasTiedHead(ModelConfig base) {
        return base.head() == ModelHead.CAUSAL_LANGUAGE_MODEL && base.tiedEmbeddings();
    }

    private static String withoutPlace(String tensor, ModelConfig base) {
        if (tensor.contains(".lora_embedding_")) {
            return "tensor %s adapts embeddings; that is not supported".formatted(tensor);
        }
        if (hasTiedHead(base) && tensor.startsWith(PREFIX + "lm_head.")) {
            return "tensor %s is of a head, which the base ties to its embeddings; that is not supported"
                    .formatted(tensor);
        }
        return "tensor %s has no place in the base".formatted(tensor);
    }

    private static String inBaseLayer(String tensor) {
        int end = tensor.lastIndexOf('.');
        return tensor.substring(0, end) + BASE_LAYER + tensor.substring(end);
    }

    private static Optional<LowRank> readFactors(
            SafetensorsFile file,
            ModelConfig base,
            TensorSpec spec,
            String module,
            TreeSet<String> unused,
            List<String> faults) {
        boolean hasA = unused.remove(PREFIX + module + A);
        boolean hasB = unused.remove(PREFIX + module + B);
        if (!hasA && !hasB) {
            return Optional.empty();
        }
        if (!hasA || !hasB) {
            faults.add("module %s has only one of its two factors".formatted(module));
            return Optional.empty();
        }
        long inputs = isTransposed(base, spec.name())
                ? spec.shape().get(0)
                : spec.shape().get(1);
        long outputs = isTransposed(base, spec.name())
                ? spec.shape().get(1)
                : spec.shape().get(0);
        List<Long> a = file.tensor(PREFIX + module + A).shape();
        List<Long> b = file.tensor(PREFIX + module + B).shape();
        if (a.size() != 2 || !b.equals(List.of(outputs, a.get(0))) || a.get(1) != inputs) {
            faults.add("module %s has factors of the shapes %s and %s; (r, %d) and (%d, r) are needed"
                    .formatted(module, a, b, inputs, outputs));
            return Optional.empty();
        }
        return Optional.of(new LowRank(
                module,
                Math.toIntExact(a.get(0)),
                (int) inputs,
                (int) outputs,
                file.floats(PREFIX + module + A),
                file.floats(PREFIX + module + B)));
    }

    /** Whether a tensor lies the other way round than a linear layer's: GPT-2's Conv1D. */
    public static boolean isTransposed(ModelConfig base, String tensor) {
        return base.family() == ModelFamily.GPT2
                && (tensor.contains(".attn.c_") || tensor.contains(".mlp.c_"))
                && tensor.endsWith(WEIGHT);
    }

    /** Writes configuration and weights, in float32, into an existing folder. */
    public void write(Path folder, AdapterConfig config, ModelConfig base) {
        SafetensorsWriter.write(folder.resolve(FILE_NAME), tensors(base), SafetensorsWriter.PYTORCH_METADATA);
        config.write(folder);
    }

    /** The same, with the SHA-256 of the base's weights in the header of the adapter's: neither goes without the other. */
    public void write(Path folder, AdapterConfig config, ModelConfig base, String baseSha256) {
        SafetensorsWriter.write(folder.resolve(FILE_NAME), tensors(base), metadata(baseSha256));
        config.write(folder);
    }

    /** SHA-256, in hexadecimal, of the file that {@link #write(Path, AdapterConfig, ModelConfig, String)} makes. */
    public String sha256(ModelConfig base, String baseSha256) {
        return SafetensorsWriter.sha256(tensors(base), metadata(baseSha256));
    }

    private static Map<String, String> metadata(String baseSha256) {
        Map<String, String> metadata = new HashMap<>(SafetensorsWriter.PYTORCH_METADATA);
        metadata.put(BASE_SHA256, baseSha256);
        return metadata;
    }

    /**
     * SHA-256 of the weights that an adapter was trained on, where its file says; files of other programs do not.
     *
     * @throws CheckpointException if the file is missing or damaged
     */
    public static Optional<String> baseSha256(Path folder) {
        try (SafetensorsFile file = SafetensorsFile.open(folder.resolve(FILE_NAME))) {
            return Optional.ofNullable(file.metadata().get(BASE_SHA256));
        } catch (SafetensorsException e) {
            throw new CheckpointException(e.getMessage(), e);
        }
    }

    /** The tensors under PEFT's names. */
    public Collection<Tensor> tensors(ModelConfig base) {
        List<Tensor> tensors = new ArrayList<>();
        factors.values().forEach(f -> {
            tensors.add(Tensor.ofFloats(
                    PREFIX + f.module() + A, TensorType.F32, List.of((long) f.rank(), (long) f.inputs()), f::a));
            tensors.add(Tensor.ofFloats(
                    PREFIX + f.module() + B, TensorType.F32, List.of((long) f.outputs(), (long) f.rank()), f::b));
        });
        for (TensorSpec spec : base.tensors()) {
            if (replacements.containsKey(spec.name())) {
                String module = spec.name().substring(0, spec.name().lastIndexOf('.'));
                tensors.add(Tensor.ofFloats(
                        PREFIX + (factors.containsKey(module) ? inBaseLayer(spec.name()) : spec.name()),
                        TensorType.F32,
                        spec.shape(),
                        () -> replacements.get(spec.name())));
            }
        }
        return tensors;
    }

    /** Number of parameters of all factors and replacements. */
    public long parameters() {
        long count = factors.values().stream()
                .mapToLong(f -> (long) f.a().length + f.b().length)
                .sum();
        return count + replacements.values().stream().mapToLong(r -> r.length).sum();
    }

    /**
     * The base's tensors with the adapter worked in, in the base's element types.
     *
     * @param tensors the base's weights, which must stay open until the result is written
     */
    public Collection<Tensor> merge(AdapterConfig config, ModelConfig base, CheckpointTensors tensors) {
        return base.tensors().stream()
                .map(spec -> Tensor.ofPieces(
                        spec.name(),
                        tensors.info(spec.name()).type(),
                        spec.shape(),
                        pieces -> tensors.floats(spec.name(), (at, piece) -> {
                            workInto(spec.name(), at, piece, config, base);
                            pieces.take(at, piece);
                        })))
                .toList();
    }

    /** Whether the adapter changes a tensor of the base. */
    public boolean changes(String tensor) {
        return replacements.containsKey(tensor) || factors.containsKey(moduleOf(tensor));
    }

    /** The module whose weight a tensor is, or none's. */
    private static String moduleOf(String tensor) {
        return tensor.endsWith(WEIGHT) ? tensor.substring(0, tensor.length() - WEIGHT.length()) : "";
    }

    /**
     * Works the adapter into a piece of one of the base's weights.
     *
     * @param at place of the piece's first element in the flattened weight
     */
    public void workInto(String tensor, int at, float[] piece, AdapterConfig config, ModelConfig base) {
        float[] replaced = replacements.get(tensor);
        if (replaced != null) {
            System.arraycopy(replaced, at, piece, 0, piece.length);
        }
        LowRank adapted = factors.get(moduleOf(tensor));
        if (adapted != null) {
            adapted.addTo(at, piece, config.scale(adapted.module(), adapted.rank()), isTransposed(base, tensor));
        }
    }
}
