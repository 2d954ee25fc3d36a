package io.counterflow.trainer.step;

import java.util.Map;

/**
 * What came of a step.
 *
 * @param loss the objective's mean over the batch's groups, before the update
 * @param gradientNorm global L2 norm of the gradient before it was limited
 * @param metrics further numbers by name
 */
public record StepOutcome(double loss, double gradientNorm, Map<String, Double> metrics) {

    public StepOutcome {
        metrics = Map.copyOf(metrics);
    }
}
