package io.counterflow.model;

import ai.djl.ndarray.NDArray;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.AdapterTensors;
import io.counterflow.model.checkpoint.CheckpointException;
import io.counterflow.model.checkpoint.CheckpointParts;
import io.counterflow.model.checkpoint.CheckpointTensors;
import io.counterflow.model.checkpoint.CheckpointWriter;
import io.counterflow.model.checkpoint.ClassLabels;
import io.counterflow.model.checkpoint.ClassifierHead;
import io.counterflow.model.checkpoint.GenerationConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.checkpoint.ModelHead;
import io.counterflow.model.checkpoint.TensorSpec;
import io.counterflow.model.decoder.AdapterWeights;
import io.counterflow.model.decoder.Decoder;
import io.counterflow.model.decoder.TorchEngine;
import io.counterflow.model.safetensors.SafetensorsFile;
import io.counterflow.model.safetensors.SafetensorsWriter;
import io.counterflow.model.safetensors.Tensor;
import io.counterflow.model.safetensors.TensorType;
import io.counterflow.model.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A checkpoint in memory: decoder, tokenizer, adapter, and what is needed to write it out again as it came. */
final class HeldCheckpoint implements AutoCloseable {
    private final Decoder decoder;
    private final Optional<Tokenizer> tokenizer;
    private final ModelOptions options;
    private final Path origin;
    private final Path tokenizerFolder;
    private final List<Integer> endTokens;
    private final Map<String, TensorType> types = new LinkedHashMap<>();
    private String baseSha256;

    private HeldCheckpoint(
            ModelConfig config, Optional<Tokenizer> tokenizer, CheckpointParts parts, ModelOptions options) {
        this.tokenizer = tokenizer;
        this.options = options;
        origin = parts.base();
        tokenizerFolder = parts.tokenizerFolder();
        endTokens = GenerationConfig.read(origin).endTokens(config);
        decoder = new Decoder(
                config,
                options.precision(),
                TorchEngine.newManager(TorchEngine.device(options.devices().get(0))));
    }

    /** Weights of the checkpoint, under the configuration of the checkpoint; of an adapter's folder, those of its base. */
    static HeldCheckpoint load(Path folder, ModelOptions wanted) {
        return load(folder, wanted, true);
    }

    /** The same without a tokenizer, whether or not there is one. */
    static HeldCheckpoint loadWithoutTokenizer(Path folder, ModelOptions wanted) {
        return load(folder, wanted, false);
    }

    private static HeldCheckpoint load(Path folder, ModelOptions wanted, boolean withTokenizer) {
        CheckpointParts parts = CheckpointParts.of(folder);
        if (parts.adapter().isPresent() && wanted.adapter().isPresent()) {
            throw new IllegalArgumentException(folder + " holds an adapter; a second one cannot go on top");
        }
        ModelOptions options = parts.adapter()
                .map(adapter -> wanted.withAdapter(new ModelOptions.SavedAdapter(adapter)))
                .orElse(wanted);
        ModelConfig stored = ModelConfig.read(parts.base());
        ModelConfig config = new CheckpointParts(parts.base(), savedAdapter(options)).config();
        try (CheckpointTensors tensors = CheckpointTensors.open(parts.base(), stored)) {
            Optional<Tokenizer> tokenizer =
                    withTokenizer ? Optional.of(fitting(parts.tokenizerFolder(), config)) : Optional.empty();
            HeldCheckpoint held = new HeldCheckpoint(config, tokenizer, parts, options);
            return held.filled(() -> {
                for (TensorSpec spec : config.tensors()) {
                    if (stored.tensors().contains(spec)) {
                        held.take(spec, tensors);
                    } else {
                        // The head of a classifier that the adapter makes of a language model, or embeddings of another
                        // size: the adapter brings them.
                        held.types.put(spec.name(), stored.dtype().orElse(TensorType.F32));
                    }
                }
            });
        }
    }

    private static Optional<Path> savedAdapter(ModelOptions options) {
        return options.adapter()
                .filter(ModelOptions.SavedAdapter.class::isInstance)
                .map(adapter -> ((ModelOptions.SavedAdapter) adapter).folder());
    }

    /** Weights of one checkpoint under another head, whose weights are drawn unless its labels are the checkpoint's. */
    static HeldCheckpoint load(Path checkpoint, ModelConfig changed, long seed, ModelOptions options) {
        ModelConfig config = ModelConfig.read(checkpoint);
        List<TensorSpec> kept = new ArrayList<>(config.tensors());
        kept.retainAll(changed.tensors());
        if (config.labels() > 0 && !ClassLabels.read(config.json()).equals(ClassLabels.read(changed.json()))) {
            kept.removeIf(spec -> spec.name().startsWith("score."));
        }
        try (CheckpointTensors tensors = CheckpointTensors.open(checkpoint, config)) {
            HeldCheckpoint held = new HeldCheckpoint(
                    changed,
                    Optional.of(fitting(checkpoint, changed)),
                    new CheckpointParts(checkpoint, Optional.empty()),
                    options);
            return held.filled(() -> {
                held.decoder.initialise(seed);
                for (TensorSpec spec : changed.tensors()) {
                    if (kept.contains(spec)) {
                        held.take(spec, tensors);
                    } else {
                        held.types.put(spec.name(), config.dtype().orElse(TensorType.F32));
                    }
                }
            });
        }
    }

    /** Weights drawn at random. */
    static HeldCheckpoint initialise(ModelConfig config, Path tokenizerJson, long seed, ModelOptions options) {
        Tokenizer tokenizer = fitting(tokenizerJson, config);
        CheckpointParts parts =
                new CheckpointParts(tokenizer.file().toAbsolutePath().getParent(), Optional.empty());
        HeldCheckpoint held = new HeldCheckpoint(config, Optional.of(tokenizer), parts, options);
        TensorType type = config.dtype().orElse(TensorType.F32);
        return held.filled(() -> {
            config.tensors().forEach(spec -> held.types.put(spec.name(), type));
            held.decoder.initialise(seed);
        });
    }

    private static Tokenizer fitting(Path tokenizerJson, ModelConfig config) {
        return Tokenizer.load(tokenizerJson, config.vocabularySize());
    }

    /** Sets the weights; what fails leaves no native memory behind. */
    private HeldCheckpoint filled(Runnable fill) {
        try {
            fill.run();
            ready();
            return this;
        } catch (RuntimeException e) {
            close();
            throw e;
        }
    }

    private void take(TensorSpec spec, CheckpointTensors tensors) {
        types.put(spec.name(), tensors.info(spec.name()).type());
        tensors.floats(spec.name(), (at, piece) -> decoder.parameters().set(spec.name(), at, piece));
    }

    /** Puts the adapter on and decides what takes gradients, once the weights are there. */
    private void ready() {
        decoder.parameters().trainable(options.trainable() && options.adapter().isEmpty());
        options.adapter().ifPresent(adapter -> {
            if (adapter instanceof ModelOptions.NewAdapter fresh) {
                putOn(fresh);
            } else if (adapter instanceof ModelOptions.SavedAdapter saved) {
                requireBaseOf(saved.folder());
                AdapterConfig config = AdapterConfig.read(saved.folder());
                decoder.adapt(config, AdapterTensors.read(saved.folder(), decoder.config()), options.trainable());
            }
        });
        if (!options.trainable()) {
            decoder.settle();
        }
    }

    private void putOn(ModelOptions.NewAdapter fresh) {
        AdapterTensors tensors = AdapterWeights.fresh(fresh.config(), decoder.config(), fresh.seed());
        if (decoder.config().head() == ModelHead.CAUSAL_LANGUAGE_MODEL) {
            decoder.adapt(fresh.config(), tensors, options.trainable());
        } else {
            Map<String, float[]> head =
                    Map.of(ClassifierHead.TENSOR, decoder.parameters().get(ClassifierHead.TENSOR));
            decoder.adapt(
                    fresh.config().forClassifier(), new AdapterTensors(tensors.factors(), head), options.trainable());
        }
    }

    private void requireBaseOf(Path adapter) {
        AdapterTensors.baseSha256(adapter)
                .filter(sha256 -> !sha256.equals(adaptedSha256()))
                .ifPresent(sha256 -> {
                    throw new CheckpointException(
                            "the adapter in %s was trained on weights of SHA-256 %s, but those in %s have %s; name the right base"
                                    .formatted(adapter, sha256, origin, adaptedSha256()));
                });
    }

    /** Puts a saved adapter on in the place of the one that there is, or takes that off. */
    void swapAdapter(Optional<Path> folder) {
        if (options.trainable()) {
            throw new IllegalStateException("A model that is being trained keeps its adapter");
        }
        folder.ifPresentOrElse(
                saved -> {
                    requireBaseOf(saved);
                    decoder.swap(AdapterConfig.read(saved), AdapterTensors.read(saved, decoder.config()));
                },
                decoder::takeOff);
    }

    Decoder decoder() {
        return decoder;
    }

    /** What is to be thrown where logits are not finite. */
    NonFiniteLogitsException nonFiniteLogits() {
        return NonFiniteLogitsException.of(decoder, origin);
    }

    /** Empty where the checkpoint was loaded without. */
    Optional<Tokenizer> tokenizer() {
        return tokenizer;
    }

    /** The tokens that end a completion; empty where only the tokenizer knows. */
    List<Integer> endTokens() {
        return endTokens;
    }

    ModelOptions options() {
        return options;
    }

    /**
     * What an optimizer trains, by name.
     *
     * @throws IllegalStateException when the model was not loaded for training
     */
    Map<String, NDArray> trained() {
        if (!options.trainable()) {
            throw new IllegalStateException("The model was loaded for inference; load it with ModelOptions.training()");
        }
        return decoder.trained();
    }

    /** Works the adapter into the weights; from then on it is gone. */
    void merge() {
        if (options.trainable()) {
            throw new IllegalStateException(
                    "A model that is being trained keeps its adapter; load it for inference to merge");
        }
        baseSha256 = null;
        decoder.merge();
        decoder.settle();
    }

    void saveAdapter(Path folder) {
        if (decoder.adapter() == null) {
            throw new IllegalStateException("The model has no adapter to save");
        }
        decoder.adapter().tensors().write(folder, decoder.adapter().config(), decoder.config(), adaptedSha256());
        CheckpointWriter.copyTokenizer(tokenizerFolder, folder);
    }

    void save(Path folder) {
        CheckpointWriter.write(folder, decoder.config(), tensors());
        CheckpointWriter.copyCompanions(tokenizerFolder, origin, folder);
    }

    String sha256() {
        return decoder.adapter() == null
                ? baseSha256()
                : SafetensorsWriter.sha256(tensors(), SafetensorsWriter.PYTORCH_METADATA);
    }

    /** Of the weights without the adapter. Worked out once where training does not change them. */
    String baseSha256() {
        if (baseSha256 != null) {
            return baseSha256;
        }
        String sha256 = SafetensorsWriter.sha256(tensors(null), SafetensorsWriter.PYTORCH_METADATA);
        if (!options.trainable() || options.adapter().isPresent()) {
            baseSha256 = sha256;
        }
        return sha256;
    }

    /** Of the weights that an adapter belongs on: a classifier's head is the adapter's own. */
    private String adaptedSha256() {
        if (decoder.config().head() == ModelHead.CAUSAL_LANGUAGE_MODEL) {
            return baseSha256();
        }
        return SafetensorsWriter.sha256(
                tensors(null).stream().filter(ClassifierHead::isBelow).toList(), SafetensorsWriter.PYTORCH_METADATA);
    }

    /** Of the file that {@link #saveAdapter} writes. */
    String adapterSha256() {
        return decoder.adapter().tensors().sha256(decoder.config(), adaptedSha256());
    }

    /** The weights as a writer takes them, the adapter worked in. */
    private Collection<Tensor> tensors() {
        return tensors(decoder.adapter() == null ? null : decoder.adapter().tensors());
    }

    private Collection<Tensor> tensors(AdapterTensors adapter) {
        List<Tensor> tensors = new ArrayList<>();
        for (TensorSpec spec : decoder.config().tensors()) {
            tensors.add(Tensor.ofPieces(
                    spec.name(), types.get(spec.name()), spec.shape(), pieces -> read(spec.name(), adapter, pieces)));
        }
        return tensors;
    }

    private void read(String name, AdapterTensors adapter, SafetensorsFile.Pieces pieces) {
        decoder.parameters().read(name, (at, piece) -> {
            if (adapter != null) {
                adapter.workInto(name, at, piece, decoder.adapter().config(), decoder.config());
            }
            pieces.take(at, piece);
        });
    }

    @Override
    public void close() {
        decoder.close();
        tokenizer.ifPresent(Tokenizer::close);
    }
}
