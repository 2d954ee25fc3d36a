package io.counterflow.scorer.training;

import io.counterflow.scorer.evaluation.Report;
import java.util.List;
import java.util.Optional;

/**
 * A trained scorer.
 *
 * @param epochs all epochs
 * @param best whose model was kept
 * @param report of that model on the held-out examples; empty where none were held out
 * @param weightsSha256 of the kept model's {@code model.safetensors}, in hexadecimal
 */
public record TrainingResult(
        List<EpochSummary> epochs, EpochSummary best, Optional<Report> report, String weightsSha256) {

    /** Copies the list. */
    public TrainingResult {
        epochs = List.copyOf(epochs);
    }
}
