package io.counterflow.trainer;

import io.counterflow.trainer.step.StepFailedException;
import io.counterflow.trainer.step.StepOutcome;
import java.util.Locale;

/** Gives a run up whose policy stays too far from its reference. Not thread-safe. */
final class DivergenceWatch {

    private int stepsAbove;

    /**
     * Looks at a step's estimate of the KL divergence, whatever the run learns from.
     *
     * @throws StepFailedException where it was above the limit for too many steps in a row
     */
    void check(AbortConfig limits, long step, StepOutcome outcome) {
        if (limits.maxKl() == null) {
            return;
        }
        double divergence = outcome.metrics().get("kl.reference");
        stepsAbove = divergence > limits.maxKl() ? stepsAbove + 1 : 0;
        if (stepsAbove >= limits.patience()) {
            throw new StepFailedException(String.format(
                    Locale.ROOT,
                    "step %d: the estimated KL divergence to the reference is %.4g nats a completion (from a batch worth"
                            + " %.1f of the policy's own samples) and was above abort.maxKl %s for %d steps. A larger"
                            + " objective.beta or a smaller optimizer.learningRate keeps the policy nearer",
                    step,
                    divergence,
                    outcome.metrics().get("kl.effective.samples"),
                    limits.maxKl(),
                    stepsAbove));
        }
    }
}
