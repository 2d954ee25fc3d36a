package io.counterflow.scorer.learned;

import static java.util.Objects.requireNonNullElse;

import io.counterflow.model.decoder.Precision;
import io.counterflow.model.source.CheckpointSources;
import java.nio.file.Path;
import java.util.Optional;

/** Which model, and how it is computed. */
record ModelSettings(String model, String device, Precision precision, int workers, int instances, int tokensPerBatch) {

    static final int TOKENS_PER_BATCH = 8192;

    /** Fills in defaults. */
    static ModelSettings of(
            String model,
            String device,
            Precision precision,
            Integer workers,
            Integer instances,
            Integer tokensPerBatch) {
        if (model == null || model.isBlank()) {
            throw new IllegalArgumentException(
                    "model is missing; name a folder with a sequence classifier, such as one that counterflow train-scorer made");
        }
        ModelSettings settings = new ModelSettings(
                model,
                requireNonNullElse(device, "cpu"),
                requireNonNullElse(precision, Precision.FLOAT32),
                requireNonNullElse(workers, 1),
                requireNonNullElse(instances, 1),
                requireNonNullElse(tokensPerBatch, TOKENS_PER_BATCH));
        if (settings.workers < 1
                || settings.workers > 1024
                || settings.instances < 1
                || settings.instances > 1024
                || settings.tokensPerBatch < 1
                || settings.tokensPerBatch > 100_000_000) {
            throw new IllegalArgumentException(
                    "workers " + workers + ", instances " + instances + " and tokensPerBatch " + tokensPerBatch
                            + " must each be at least 1; workers and instances at most 1024, tokensPerBatch at most 100000000");
        }
        return settings;
    }

    /** The folder of a model that is named by its path, or was fetched before; empty where it would have to be fetched. */
    static Optional<Path> folderHere(String model) {
        return CheckpointSources.ofEnvironment().withoutFetching(model);
    }
}
