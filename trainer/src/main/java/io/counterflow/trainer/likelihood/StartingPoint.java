package io.counterflow.trainer.likelihood;

import io.counterflow.model.ComputeConfig;
import io.counterflow.model.LanguageModel;
import io.counterflow.model.ModelOptions;
import io.counterflow.model.checkpoint.AdapterConfig;
import io.counterflow.model.checkpoint.ModelConfig;
import io.counterflow.model.safetensors.TensorType;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;

/**
 * What is fitted, and what of it is written.
 *
 * @param folder a checkpoint, or a configuration with a tokenizer where weights are new
 * @param fromScratch whether weights are new, random as transformers would start them
 * @param adapter a LoRA adapter that is trained in place of the weights
 * @param adapterAlone whether the result is the adapter in PEFT's form, and not the whole model with it worked in
 * @param compute on what it is trained, and how
 */
public record StartingPoint(
        Path folder,
        boolean fromScratch,
        Optional<AdapterConfig> adapter,
        boolean adapterAlone,
        ComputeConfig compute) {

    public StartingPoint {
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(adapter, "adapter");
        Objects.requireNonNull(compute, "compute");
        if (fromScratch && adapter.isPresent()) {
            throw new IllegalArgumentException("an adapter on random weights learns nothing; leave one of them out");
        }
        if (adapterAlone && adapter.isEmpty()) {
            throw new IllegalArgumentException("there is no adapter to write alone; train one with --lora RANK");
        }
    }

    /**
     * The model, ready to be trained.
     *
     * @param saved where {@link #saveState} wrote it; nothing for the beginning
     */
    LanguageModel open(Optional<Path> saved, long seed) {
        ModelOptions options = compute.applyTo(ModelOptions.training());
        if (adapter.isPresent()) {
            return LanguageModel.load(
                    folder,
                    options.withAdapter(
                            saved.isPresent()
                                    ? new ModelOptions.SavedAdapter(saved.get())
                                    : new ModelOptions.NewAdapter(adapter.get(), seed)));
        }
        if (saved.isPresent()) {
            return LanguageModel.load(saved.get(), options);
        }
        if (fromScratch) {
            return LanguageModel.initialise(ModelConfig.read(folder), folder, seed, options);
        }
        LanguageModel model = LanguageModel.load(folder, options);
        TensorType type = model.config().dtype().orElse(TensorType.F32);
        if (type != TensorType.F32) {
            model.close();
            throw new IllegalArgumentException("the model in " + folder + " is in " + type
                    + ", in which its checkpoints would be rounded; convert it first: counterflow model convert --dtype"
                    + " float32, or train an adapter: --lora RANK");
        }
        return model;
    }

    void saveState(LanguageModel model, Path to) {
        if (adapter.isPresent()) {
            model.saveAdapter(to);
        } else {
            model.save(to);
        }
    }

    void saveResult(LanguageModel model, Path to) {
        if (adapterAlone) {
            model.saveAdapter(to);
        } else {
            model.save(to);
        }
    }
}
