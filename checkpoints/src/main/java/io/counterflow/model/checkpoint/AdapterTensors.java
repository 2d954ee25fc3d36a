package io.counterflow.model.checkpoint;

import io.counterflow.model.safetensors.SafetensorsException;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorInfo;
import io.counterflow.model.safetensors.TensorType;
import java.nio.file.Files;
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

    private static final String A = ".lora_A.weight";
    private static final String B = ".lora_B.weight";
    private static final String WEIGHT = ".weight";
    private static final String RESIZED =
            " (the embeddings were resized for tokens that were added, which is not supported: have PEFT merge it, merge_and_unload, and save that)";
    private static final int MOST_FAULTS_SHOWN = 3;
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
        try (SafetensorsFile file = open(folder)) {
            return read(file, base);
        } catch (SafetensorsException e) {
            throw new CheckpointException(e.getMessage(), e);
        }
    }

    /** @throws CheckpointException if the file is missing or damaged */
    static SafetensorsFile open(Path folder) {
        Path file = folder.resolve(FILE_NAME);
        try {
            if (!Files.exists(file)) {
                throw new CheckpointException(ForeignWeights.instead(folder, FILE_NAME));
            }
            return SafetensorsFile.open(file);
        } catch (SafetensorsException e) {
            throw new CheckpointException(e.getMessage(), e);
        }
    }

    private static AdapterTensors read(SafetensorsFile file, ModelConfig base) {
        Map<String, LowRank> factors = new LinkedHashMap<>();
        Map<String, float[]> replacements = new LinkedHashMap<>();
        List<String> faults = new ArrayList<>();
        AdapterNames names = AdapterNames.of(file);
        for (TensorSpec spec : base.tensors()) {
            for (String whole : List.of(spec.name(), AdapterNames.inBaseLayer(spec.name()))) {
                names.use(whole)
                        .flatMap(stored -> readReplacement(file, base, spec, stored, faults))
                        .ifPresent(r -> replacements.put(spec.name(), r));
            }
            if (spec.shape().size() == 2 && spec.name().endsWith(WEIGHT)) {
                String module = spec.name().substring(0, spec.name().length() - WEIGHT.length());
                readFactors(file, base, spec, module, names, faults).ifPresent(f -> factors.put(module, f));
            }
        }
        names.unused().forEach((stored, plain) -> faults.add(withoutPlace(stored, plain, base)));
        if (factors.isEmpty() && replacements.isEmpty() && faults.isEmpty()) {
            faults.add("it adapts nothing");
        }
        if (!faults.isEmpty()) {
            throw new CheckpointException(
                    "%s does not fit the base: %s".formatted(file.path(), Faults.line(faults, MOST_FAULTS_SHOWN)));
        }
        return new AdapterTensors(factors, replacements);
    }

    private static Optional<float[]> readReplacement(
            SafetensorsFile file, ModelConfig base, TensorSpec spec, String whole, List<String> faults) {
        TensorInfo tensor = file.tensor(whole);
        if (!tensor.shape().equals(spec.shape())) {
            boolean resized = EMBEDDINGS.contains(spec.name()) || spec.name().equals(TensorLayout.OUTPUT);
            faults.add("tensor %s has the shape %s; the base asks for %s%s"
                    .formatted(whole, tensor.shape(), spec.shape(), resized ? RESIZED : ""));
            return Optional.empty();
        }
        if (hasTiedHead(base) && EMBEDDINGS.contains(spec.name())) {
            // PEFT leaves the head as it was; no checkpoint with tied embeddings could hold both.
            faults.add("tensor %s replaces the embeddings, which the base ties to its head; that is not supported"
                    .formatted(whole));
            return Optional.empty();
        }
        return Optional.of(finite(file, whole));
    }

    private static float[] finite(SafetensorsFile file, String stored) {
        float[] values = file.floats(stored);
        NonFinite.refuse(stored, 0, values, file.path().toString());
        return values;
    }

    private static boolean hasTiedHead(ModelConfig base) {
        return base.head() == ModelHead.CAUSAL_LANGUAGE_MODEL && base.tiedEmbeddings();
    }

    private static String withoutPlace(String tensor, String plain, ModelConfig base) {
        if (tensor.contains(".lora_embedding_")) {
            return "tensor %s adapts embeddings; that is not supported".formatted(tensor);
        }
        if (hasTiedHead(base) && plain.startsWith("lm_head.")) {
            return "tensor %s is of a head, which the base ties to its embeddings; that is not supported"
                    .formatted(tensor);
        }
        return "tensor %s has no place in the base".formatted(tensor);
    }

    private static Optional<LowRank> readFactors(
            SafetensorsFile file,
            ModelConfig base,
            TensorSpec spec,
            String module,
            AdapterNames names,
            List<String> faults) {
        Optional<String> storedA = names.use(module + A);
        Optional<String> storedB = names.use(module + B);
        if (storedA.isEmpty() && storedB.isEmpty()) {
            return Optional.empty();
        }
        if (storedA.isEmpty() || storedB.isEmpty()) {
            faults.add("module %s has only one of its two factors".formatted(module));
            return Optional.empty();
        }
        long inputs = isTransposed(base, spec.name())
                ? spec.shape().get(0)
                : spec.shape().get(1);
        long outputs = isTransposed(base, spec.name())
                ? spec.shape().get(1)
                : spec.shape().get(0);
        List<Long> a = file.tensor(storedA.get()).shape();
        List<Long> b = file.tensor(storedB.get()).shape();
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
                finite(file, storedA.get()),
                finite(file, storedB.get())));
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
        try (SafetensorsFile file = open(folder)) {
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
                    AdapterNames.PREFIX + f.module() + A,
                    TensorType.F32,
                    List.of((long) f.rank(), (long) f.inputs()),
                    f::a));
            tensors.add(Tensor.ofFloats(
                    AdapterNames.PREFIX + f.module() + B,
                    TensorType.F32,
                    List.of((long) f.outputs(), (long) f.rank()),
                    f::b));
        });
        for (TensorSpec spec : base.tensors()) {
            if (replacements.containsKey(spec.name())) {
                String module = spec.name().substring(0, spec.name().lastIndexOf('.'));
                tensors.add(Tensor.ofFloats(
                        AdapterNames.PREFIX
                                + (factors.containsKey(module) ? AdapterNames.inBaseLayer(spec.name()) : spec.name()),
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
     * The base's tensors with the adapter worked in.
     *
     * @param merged configuration of the result; of a language model that the adapter's head makes a classifier, that of the classifier
     * @param tensors the base's weights, which must stay open until the result is written
     * @param type element type of the result; where none is given each tensor has that of the base's, and a head that the base has not that
     *     of its configuration
     * @throws CheckpointException if a number would not be finite, when the result is written
     */
    public Collection<Tensor> merge(
            AdapterConfig config, ModelConfig merged, CheckpointTensors tensors, Optional<TensorType> type) {
        return merged.tensors().stream()
                .map(spec -> Tensor.ofPieces(
                        spec.name(),
                        type.orElseGet(() -> isIn(tensors, spec)
                                ? tensors.info(spec.name()).type()
                                : merged.dtype().orElse(TensorType.F32)),
                        spec.shape(),
                        pieces -> merge(spec, config, merged, tensors, pieces)))
                .toList();
    }

    private void merge(
            TensorSpec spec,
            AdapterConfig config,
            ModelConfig merged,
            CheckpointTensors tensors,
            SafetensorsFile.Pieces pieces) {
        if (!isIn(tensors, spec)) {
            pieces.take(0, replacements.get(spec.name()).clone());
            return;
        }
        tensors.floats(spec.name(), (at, piece) -> {
            NonFinite.refuse(spec.name(), at, piece, "the base");
            workInto(spec.name(), at, piece, config, merged);
            NonFinite.refuse(spec.name(), at, piece, "the merged weights");
            pieces.take(at, piece);
        });
    }

    /** A head of other labels is the adapter's alone. */
    private static boolean isIn(CheckpointTensors base, TensorSpec spec) {
        return base.contains(spec.name()) && base.info(spec.name()).shape().equals(spec.shape());
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
