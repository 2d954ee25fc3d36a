package io.counterflow.trainer.likelihood;

import io.counterflow.trainer.step.OptimizerSettings;
import java.util.Objects;

/**
 * How a policy is fitted.
 *
 * @param epochs passes over the data
 * @param steps optimizer steps after which fitting ends, even within an epoch; 0 for all epochs
 * @param batch sequences of a step
 * @param microBatch sequences that go through the model at a time
 * @param shuffle whether every epoch has an order of its own; otherwise the order of the data
 * @param evaluateEvery steps between evaluations of the held-out data; 0 for the beginning and the end alone
 * @param saveEvery steps between checkpoints to resume from
 * @param optimizer AdamW and its learning rate
 * @param seed of the order, of an adapter or of weights that are new, and of dropout
 */
public record LikelihoodSettings(
        int epochs,
        long steps,
        int batch,
        int microBatch,
        boolean shuffle,
        long evaluateEvery,
        long saveEvery,
        OptimizerSettings optimizer,
        long seed) {

    public LikelihoodSettings {
        Objects.requireNonNull(optimizer, "optimizer");
        require(epochs >= 1, "epochs", epochs, "at least 1");
        require(steps >= 0, "steps", steps, "0 or more");
        require(batch >= 1, "batch", batch, "at least 1");
        require(microBatch >= 1, "micro-batch", microBatch, "at least 1");
        require(evaluateEvery >= 0, "evaluate-every", evaluateEvery, "0 or more");
        require(saveEvery >= 1, "save-every", saveEvery, "at least 1");
    }

    /** Steps that this many sequences make. */
    long totalSteps(int sequences) {
        long all = (long) epochs * ((sequences + batch - 1) / batch);
        return steps == 0 ? all : Math.min(steps, all);
    }

    private static void require(boolean condition, String name, Object value, String allowed) {
        if (!condition) {
            throw new IllegalArgumentException(name + " is " + value + ", must be " + allowed);
        }
    }
}
